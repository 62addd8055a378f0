import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { printCatalog } from '@bellwire/client/generate';
import { expect } from 'vitest';
import { commandLineTest } from '../support/command-line.ts';

const test = await commandLineTest();

const OUT = ['--out', 'types.ts'];

test('generate writes the types of the catalog; --check writes nothing and names the command to run', async ({
  server,
  json,
  bellwire,
}) => {
  const path = `${server.folder}/types.ts`;
  const schema = '{"type": "object", "properties": {"id": {"type": "integer"}}}';
  await json('event-types', 'put', 'order.created', '--schema', schema);
  const expected = printCatalog((await json('event-types', 'list')).data);

  expect(await bellwire(['generate', ...OUT, '--check'])).toEqual({
    code: 1,
    stdout: '',
    stderr: 'bellwire: types.ts does not exist. Run: bellwire generate --out types.ts\n',
  });
  expect(await bellwire(['generate', ...OUT])).toEqual({
    code: 0,
    stdout: 'Wrote types.ts: 1 event type.\n',
    stderr: '',
  });
  expect(readFileSync(path, 'utf8')).toBe(expected);
  expect(await json('generate', ...OUT)).toEqual({ file: 'types.ts', state: 'unchanged', event_types: 1 });
  writeFileSync(path, expected.replaceAll('\n', '\r\n'));
  expect((await bellwire(['generate', ...OUT, '--check'])).code).toBe(0);

  await json('event-types', 'put', 'order.paid');
  const stale = await bellwire(['generate', ...OUT, '--check', '--json']);
  expect(stale.code).toBe(1);
  expect(JSON.parse(stale.stdout)).toEqual({ file: 'types.ts', state: 'different', event_types: 2 });
  expect(stale.stderr).toMatch(/^bellwire: types\.ts .* Run: bellwire generate --out types\.ts\n$/);
  expect(readFileSync(path, 'utf8')).toBe(expected.replaceAll('\n', '\r\n'));

  await bellwire(['generate', ...OUT]);
  const printed = await bellwire(['generate', '--out', '-']);
  expect(printed).toEqual({ code: 0, stdout: readFileSync(path, 'utf8'), stderr: '' });
  rmSync(path);
  await bellwire(['generate']);
  expect(readFileSync(`${server.folder}/bellwire.gen.ts`, 'utf8')).toBe(printed.stdout);
});

test('a file that cannot be written is reported in one line', async ({ bellwire }) => {
  const { code, stderr } = await bellwire(['generate', '--out', '/proc/no/types.ts']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^bellwire: \/proc\/no\/types\.ts cannot be written: .*\n$/);
});
