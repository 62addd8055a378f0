import { writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { commandLineTest } from '../support/command-line.ts';
import { startReceiver } from '../support/receiver.ts';

const test = await commandLineTest();

const EXAMPLE = { order: { id: 7, items: [{ sku: 'a', count: 1 }] }, note: 'hello' };

test('a trigger sends the example of its type, changed by --set', async ({ server, json, bellwire }) => {
  await using receiver = await startReceiver();
  await server.addHook(receiver.origin);
  const flags = ['--example', JSON.stringify(EXAMPLE), '--previous-example', '{"order": null}'];
  await json('event-types', 'put', 'order.created', ...flags);

  const sent = await json('trigger', 'order.created');
  expect(sent).toMatchObject({ type: 'order.created', deliveries: 1 });
  expect(JSON.parse((await receiver.next()).body.toString())).toMatchObject({ data: EXAMPLE });
  expect(await json('events', 'get', sent.id)).toMatchObject({ previous_data: { order: null } });

  const sets = ['order.id="8"', 'order.items.0.count=2', 'order.items.1.sku=b', 'note=a=b', 'new.deep=null'];
  await json('trigger', 'order.created', ...sets.flatMap((set) => ['--set', set]));
  expect(JSON.parse((await receiver.next()).body.toString()).data).toEqual({
    order: { id: '8', items: [{ sku: 'a', count: 2 }, { sku: 'b' }] },
    note: 'a=b',
    new: { deep: null },
  });

  const { stdout, stderr, code } = await bellwire(['trigger', 'order.created']);
  const [, id = ''] = /^id +(evt_\S+)$/m.exec(stdout) ?? [];
  expect(code).toBe(0);
  expect(stderr).toMatch(new RegExp(`^[^\\n]+: bellwire deliveries watch --event ${id}\\n$`));
});

test('data can come from a file, standard input or the command line; --dry-run only shows it', async ({
  server,
  json,
  bellwire,
}) => {
  writeFileSync(`${server.folder}/data.json`, '{"from": "a file"}');
  const input = '{"from": "standard input"}';
  const data = async (...args: readonly string[]) =>
    JSON.parse((await bellwire(['trigger', 'x.y', '--dry-run', ...args], { input })).stdout);
  expect(await data('--data', 'data.json')).toEqual({ from: 'a file' });
  expect(await data('--data', '-')).toEqual({ from: 'standard input' });
  expect(await data('--data', '{"from": "here"}', '--set', 'and=1')).toEqual({ from: 'here', and: 1 });
  expect(await data('--data', '{"__proto__": {"a": 1}}', '--set', '__proto__.b=2')).toEqual(
    JSON.parse('{"__proto__": {"a": 1, "b": 2}}'),
  );
  expect(await data('--data', '{}', '--set', '__proto__.b=2')).toEqual(JSON.parse('{"__proto__": {"b": 2}}'));
  expect((await json('events', 'list')).data).toEqual([]);
  const { stderr } = await bellwire(['trigger', 'x.y', '--data', '-'], { input });
  expect(stderr).toMatch(/^warning: No hook is subscribed to x\.y\b.*\n.*: bellwire hooks list\n$/);
});

test('without an example, the data is generated from the schema; without a valid sample, nothing is sent', async ({
  json,
  bellwire,
}) => {
  const schema = {
    type: 'object',
    required: ['id', 'at'],
    additionalProperties: false,
    properties: { id: { type: 'integer', minimum: 10 }, at: { $ref: '#/$defs/time' } },
    $defs: { time: { type: 'string', format: 'date-time' } },
  };
  await json('event-types', 'put', 'order.created', '--schema', JSON.stringify(schema));
  const { id } = await json('trigger', 'order.created');
  expect((await json('events', 'get', id)).data).toEqual({
    id: expect.any(Number),
    at: '2026-11-21T10:30:00Z',
  });

  const refused = await bellwire(['trigger', 'order.created', '--set', 'id=9']);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(/^bellwire: .*data\.id.* \(schema_violation\)\n$/);
  const odd = '{"type":"object","required":["a"],"maxProperties":0}';
  await json('event-types', 'put', 'order.odd', '--schema', odd);
  const impossible = await bellwire(['trigger', 'order.odd']);
  expect(impossible).toMatchObject({ code: 1, stdout: '' });
  expect(impossible.stderr).toMatch(/^bellwire: No sample data .* "order\.odd"\. Give the data with --data/);
  expect((await json('events', 'list')).data).toHaveLength(1);
  const unknown = await bellwire(['trigger', 'order.craeted']);
  expect(unknown).toMatchObject({ code: 1, stdout: '' });
  expect(unknown.stderr).toMatch(/^bellwire: The catalog .* no event type "order\.craeted"\./);
});
