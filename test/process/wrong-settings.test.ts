import { once } from 'node:events';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { flagOf, readConfig, type SettingName, variableOf } from '@bellwire/server';
import { expect, test } from 'vitest';
import { portOf } from '../support/port-of.ts';
import { runBellwire, startServer } from '../support/server-process.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

interface Start {
  /** 1 is what may be otherwise at the next start; 2, which is meant when absent, has to be changed first. */
  readonly code?: 1 | 2;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly file?: string;
}

const writeConfig = (folder: TemporaryFolder, text: string): void =>
  writeFileSync(folder.file('bellwire.config.ts'), text);

/** Starts, must fail with this exit code and one line on standard error, and answers that line. */
const complaintOf = async ({ code = 2, flags = [], env = {}, file }: Start): Promise<string> => {
  await using folder = await createTemporaryFolder();
  if (file !== undefined) writeConfig(folder, file);
  await using bellwire = runBellwire({ folder: folder.path, args: ['serve', ...flags], env });
  expect(await bellwire.endsWithin(20_000)).toEqual({ code, signal: null });
  expect(bellwire.stdout()).toBe('');
  expect(bellwire.stderr()).toMatch(/^bellwire: [^\n]+\n$/);
  return bellwire.stderr();
};

const wrongStarts: readonly (readonly [string, Start, string])[] = [
  [
    'a folder that cannot be created',
    { code: 1, flags: ['--database-url', 'file:/dev/null/x/bellwire.db'] },
    'The data folder /dev/null/x cannot be created (ENOTDIR)',
  ],
  [
    'a folder that cannot be written to',
    { code: 1, flags: ['--database-url', 'file:/proc/bellwire.db'] },
    'The database /proc/bellwire.db cannot be opened for writing',
  ],
  ['a bad variable', { env: { BELLWIRE_PORT: 'eighty' } }, 'Invalid BELLWIRE_PORT (or --port): '],
  ['an unknown variable', { env: { BELLWIRE_PROT: '1' } }, 'Unknown setting BELLWIRE_PROT'],
  ['a bad value of a flag', { flags: ['--attempt-timeout', '2h'] }, 'must be from 100ms to 60s'],
  ['an unknown flag', { flags: ['--prot', '1'] }, "unknown option '--prot' (Did you mean --port?)"],
  [
    'an unknown dialect',
    { flags: ['--dialect', 'klingon'] },
    'there is no dialect "klingon". Known dialects: standard',
  ],
  ['a file that cannot be read', { file: 'export default {' }, 'bellwire.config.ts cannot be loaded'],
  [
    'dialects that are none',
    { file: 'export default { dialects: [7] }' },
    'has a "dialects" field that is not a list',
  ],
];

test.each(wrongStarts)('%s: one line, and the exit code that says so', async (_, start, said) => {
  expect(await complaintOf(start)).toContain(said);
});

const wrongTexts: readonly (readonly [SettingName, string, string])[] = [
  ['port', '65536', 'must be a whole number from 0 to 65535'],
  ['port', 'true', 'must be a whole number from 0 to 65535'],
  ['concurrency', '0', 'must be a whole number from 1 to 100000'],
  ['database_url', 'postgres://here', 'must start with file:'],
  ['api_key', 'short', 'must be 16 to 512 visible characters'],
  ['attempt_timeout', '10', '"10" is not a duration such as'],
  ['attempt_timeout', '1ms', 'must be from 100ms to 60s'],
  ['retention', 'forever', 'must be off, or a duration'],
  ['retention', '1s', 'must be from 1m to 3650d'],
  ['retry_schedule', '1m,5m', 'must begin with 0'],
  ['inbox', 'maybe', 'must be true or false'],
  ['log_level', 'loud', 'expected one of'],
];

test.each(wrongTexts)('%s=%s is refused by name, with what it should be', (name, text, said) => {
  const named = `Invalid ${variableOf(name)} (or ${flagOf(name)}): `;
  const read = () => readConfig({ [name]: text });
  expect(read).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  expect(read).toThrow(named);
  expect(read).toThrow(said);
});

test('a taken port: one line, exit code 1', async () => {
  await using other = createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const port = String(portOf(other));
  const line = await complaintOf({ code: 1, flags: ['--port', port] });
  expect(line).toContain(`Port ${port} on 127.0.0.1 is already in use by another program.`);
});

const ownDialect = `
import { defineDialect } from '@bellwire/server';

export default {
  port: 0,
  log_level: 'silent',
  dialect: 'plain',
  dialects: [defineDialect({ name: 'plain' })],
};
`;

test('bellwire.config.ts in the working folder is read: settings, and dialects of one’s own', async () => {
  await using folder = await createTemporaryFolder();
  mkdirSync(folder.file('node_modules/@bellwire'), { recursive: true });
  symlinkSync(
    fileURLToPath(new URL('../../packages/server', import.meta.url)),
    folder.file('node_modules/@bellwire/server'),
  );
  writeConfig(folder, ownDialect);
  for (const node_args of [undefined, []]) {
    await using server = await startServer({
      folder: folder.path,
      ...(node_args === undefined ? {} : { node_args }),
    });
    const { body } = await server.call('POST', '/v1/webhooks', {
      url: 'https://example.com/',
      events: ['*'],
    });
    expect(body.dialect).toBe('plain');
  }
});

test('a flag wins over the environment, which wins over the file', async () => {
  await using folder = await createTemporaryFolder();
  writeConfig(folder, `export default { database_url: 'file:from-file.db' }`);
  const places = ['from-file.db', 'from-variable.db', 'from-flag.db'];
  const made = () => places.filter((name) => existsSync(folder.file(name)));
  const env = { BELLWIRE_DATABASE_URL: 'file:from-variable.db' };
  const starts = [{}, { env }, { env, flags: ['--database-url', 'file:from-flag.db'] }];
  for (const [index, start] of starts.entries()) {
    await using server = await startServer({ folder: folder.path, ...start });
    expect((await server.call('GET', '/v1/events')).status).toBe(200);
    expect(made()).toEqual(places.slice(0, index + 1));
  }
});
