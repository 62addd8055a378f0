import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { flagOf, readConfig, type SettingName, textsFromEnvironment, variableOf } from '@bellwire/server';
import { expect, test } from 'vitest';
import { readConfigFile } from '../../packages/cli/src/config-file.ts';
import { runCommand } from '../support/command-line.ts';
import { portOf } from '../support/port-of.ts';
import { runBellwire } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const listening = createServer().listen(0, '127.0.0.1').unref();
await once(listening, 'listening');
const takenPort = String(portOf(listening));

test.each([
  [
    'a folder that cannot be created',
    { code: 1, env: { BELLWIRE_DATABASE_URL: 'file:/dev/null/x/bellwire.db' } },
    'The data folder /dev/null/x cannot be created (ENOTDIR)',
  ],
  [
    'a folder that cannot be written to',
    { code: 1, env: { BELLWIRE_DATABASE_URL: 'file:/proc/bellwire.db' } },
    '/proc/bellwire.db cannot be opened for writing',
  ],
  [
    'a port in use',
    { code: 1, env: { BELLWIRE_PORT: takenPort } },
    `Port ${takenPort} on 127.0.0.1 is already in use by another program.`,
  ],
  ['a wrong variable', { code: 2, env: { BELLWIRE_PORT: 'eighty' } }, 'Invalid BELLWIRE_PORT (or --port): '],
])('%s ends the process with its exit code and one line', async (_, { code, env }, message) => {
  await using folder = await createTemporaryFolder();
  await using bellwire = runBellwire({ folder: folder.path, env });
  expect(await bellwire.endsWithin(20_000)).toEqual({ code, signal: null });
  expect(bellwire.stdout()).toBe('');
  expect(bellwire.stderr()).toMatch(/^bellwire: [^\n]+\n$/);
  expect(bellwire.stderr()).toContain(message);
});

test('an unknown flag is refused with exit code 2 and a suggestion', async () => {
  const { code, stdout, stderr } = await runCommand(['serve', '--prot', '1']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^bellwire: [^\n]+ '--prot' \(Did you mean --port\?\)\n$/);
});

const wrongTexts: readonly (readonly [SettingName, string, string])[] = [
  ['port', '65536', 'must be a whole number from 0 to 65535'],
  ['port', 'true', 'must be a whole number from 0 to 65535'],
  ['concurrency', '0', 'must be a whole number from 1 to 100000'],
  ['database_url', 'mysql://here', 'must start with file:'],
  ['database_schema', 'pg_x', 'must have at most 63 of a-z'],
  ['database_schema', 'a"b', 'must have at most 63 of a-z'],
  ['api_key', 'short', 'must be 16 to 512 visible characters'],
  ['attempt_timeout', '10', '"10" is not a duration such as'],
  ['attempt_timeout', '1ms', 'must be from 100ms to 60s'],
  ['attempt_timeout', '2h', 'must be from 100ms to 60s'],
  ['retention', 'forever', 'must be off, or a duration'],
  ['retention', '1s', 'must be from 1m to 3650d'],
  ['payload_retention', '31d', 'must be at most BELLWIRE_RETENTION'],
  ['retry_schedule', '1m,5m', 'must begin with 0'],
  ['inbox', 'maybe', 'must be true or false'],
  ['log_level', 'loud', 'must be one of'],
];

test.each(wrongTexts)('%s=%s is refused with its name and the expected form', (name, text, message) => {
  const read = () => readConfig({ [name]: text });
  expect(read).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  expect(read).toThrow(`Invalid ${variableOf(name)} (or ${flagOf(name)}): `);
  expect(read).toThrow(message);
});

test('an unknown variable is refused', () => {
  const message = expect.stringContaining('BELLWIRE_PROT') as string;
  const refusal = expect.objectContaining({ code: 'config_invalid', message }) as Error;
  expect(() => textsFromEnvironment({ BELLWIRE_PROT: '1' })).toThrow(refusal);
});

test.each([
  ['that cannot be loaded', 'export default {', 'cannot be loaded'],
  ['with wrong dialects', 'export default { dialects: [7] }', 'has a "dialects" field'],
  ['with an unknown setting', 'export default { prot: 1 }', 'has an unknown setting "prot"'],
])('a bellwire.config.ts %s is refused', async (_, text, message) => {
  await using folder = await createTemporaryFolder();
  writeFileSync(folder.file('bellwire.config.ts'), text);
  await expect(readConfigFile(folder.path)).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringContaining(`bellwire.config.ts ${message}`) as string,
  });
});
