import { expect, it } from 'vitest';
import { createClient } from '@bellwire/client';
import {
  readConfig,
  settingsFrom,
  shownSettings,
  textsFromEnvironment,
} from '../../packages/server/src/config.ts';
import { runCommand } from '../support/command-line.ts';
import { ADMIN_KEY, startServer } from '../support/running-server.ts';
import { storage } from '../support/storage.ts';

it('the state of the server has its version, its database and its settings', async () => {
  const before = Date.now();
  await using server = await startServer({ settings: { retention: '7d', payload_retention: '1d' } });
  const client = createClient({ url: server.origin, api_key: ADMIN_KEY });
  const system = await client.system.get();
  expect(system).toMatchObject({
    version: '0.1.0',
    node_id: expect.stringMatching(/^node_/) as string,
    retention: { events_ms: 7 * 86_400_000, payloads_ms: 86_400_000 },
  });
  expect(Date.parse(system.started_at)).toBeGreaterThanOrEqual(before);
  expect(Date.parse(system.started_at)).toBeLessThanOrEqual(Date.now());
  expect(system.database).toMatchObject({
    kind: storage,
    version: expect.stringMatching(/^\d+\.\d/) as string,
    migrations: ['0001-foundation'],
  });
  const { version, migrations } = system.database;
  const ready = await server.api('GET /readyz', undefined, { key: null });
  expect([ready.status, ready.text]).toEqual([
    200,
    `ready\ndatabase ${storage} ${version}\nmigrations ${migrations.join(' ')}\n`,
  ]);
  const printed = await runCommand(['system'], {
    env: { BELLWIRE_URL: server.origin, BELLWIRE_API_KEY: ADMIN_KEY },
  });
  expect(printed.stdout).toMatch(new RegExp(`^database +${storage} ${version}$`, 'm'));
  expect(printed.stdout).toMatch(/^migrations +0001-foundation$/m);
  expect(system.database.size_bytes).toBeGreaterThanOrEqual(4_096);
  if (storage === 'SQLite') expect(system.database.disk_free_bytes).toBeGreaterThan(0);
  else expect(system.database.disk_free_bytes).toBeNull();
  expect((await server.api('GET /v1/system')).body).toMatchObject({ settings: system.settings });
  expect(system.settings.find(({ name }) => name === 'retention')).toMatchObject({
    variable: 'BELLWIRE_RETENTION',
    flag: '--retention',
    value: '7d',
    origin: 'code',
  });
  expect(await server.bellwire.system.get()).toMatchObject({ node_id: system.node_id });
});

it('secrets are never shown, only whether they are set', async () => {
  await using server = await startServer();
  const { text } = await server.api('GET /v1/system');
  expect(text).not.toContain(ADMIN_KEY);
  const { settings } = await server.bellwire.system.get();
  expect(settings.find(({ name }) => name === 'api_key')).toMatchObject({
    value: null,
    is_secret: true,
    is_set: true,
  });
  expect(settings.find(({ name }) => name === 'encryption_keys')).toMatchObject({
    value: null,
    is_secret: true,
    ...(storage === 'SQLite' ? { is_set: false, origin: 'default' } : { is_set: true, origin: 'code' }),
  });
});

it('only admin keys see it', async () => {
  await using server = await startServer();
  const { body } = await server.api('POST /v1/api-keys', { name: 'shop', scope: 'workspace' });
  const { api_key: key } = body;
  expect((await server.api('GET /v1/system', undefined, { key })).status).toBe(403);
});

it('each setting says where it comes from; the first source that has it wins', () => {
  const config = readConfig(
    settingsFrom('flag', { port: '1' }),
    textsFromEnvironment({ BELLWIRE_PORT: '2', BELLWIRE_HOST: '::1' }),
    settingsFrom('file', { host: '0.0.0.0', dialect: 'q2' }),
    { inbox: 'true' },
  );
  const origins = shownSettings(config).map(({ name, value, origin }) => [name, [value, origin]] as const);
  expect(Object.fromEntries(origins)).toMatchObject({
    port: ['1', 'flag'],
    host: ['::1', 'environment'],
    dialect: ['q2', 'file'],
    inbox: ['true', 'code'],
    retention: ['30d', 'default'],
    public_url: [null, 'default'],
  });
});

it('the command line shows it', async () => {
  await using server = await startServer();
  const env = { BELLWIRE_URL: server.origin, BELLWIRE_API_KEY: ADMIN_KEY };
  const { stdout, code } = await runCommand(['system'], { env });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^version +0\.1\.0$/m);
  expect(stdout).toMatch(/^BELLWIRE_RETENTION +default +30d$/m);
  expect(stdout).toMatch(/^BELLWIRE_API_KEY +code +\(set\)$/m);
});
