import { expect, it } from 'vitest';
import { type RunningServer, startServer } from '../support/running-server.ts';
import { createServerStorage } from '../support/storage.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const FIRST = 'the-first-configured-key-of-this-test';
const SECOND = 'the-second-configured-key-of-this-test';

interface Entry {
  readonly action: string;
  readonly subject: string;
  readonly by: string;
}

const statusOf = async ({ api }: RunningServer, key: string): Promise<number> =>
  (await api('GET /v1/api-keys', undefined, { key })).status;

const statusOfSession = async ({ api, port }: RunningServer, cookie: string): Promise<number> => {
  const headers = { cookie: `__Host-bellwire-${port}=${cookie}`, 'sec-fetch-site': 'same-origin' };
  return (await api('GET /v1/webhooks', undefined, { key: null, headers })).status;
};

it('a new BELLWIRE_API_KEY replaces the old one, which is refused from that start on, with its sessions; both are audited', async () => {
  await using folder = await createTemporaryFolder();
  await using storage = await createServerStorage(folder.path);
  let cookie: string;
  {
    await using server = await startServer({ settings: { ...storage.settings, api_key: FIRST } });
    expect(await statusOf(server, FIRST)).toBe(200);
    const signed_in = await server.api(
      'POST /session',
      { api_key: FIRST },
      { key: null, headers: { origin: server.origin } },
    );
    expect(signed_in.status).toBe(200);
    cookie = String(signed_in.headers['set-cookie']).split(/[=;]/)[1]!;
    expect(await statusOfSession(server, cookie)).toBe(200);
  }
  {
    await using server = await startServer({ settings: { ...storage.settings, api_key: SECOND } });
    expect(await statusOf(server, FIRST)).toBe(401);
    expect(await statusOf(server, SECOND)).toBe(200);
    expect(await statusOfSession(server, cookie)).toBe(401);
    const { body } = await server.api('GET /v1/audit?subject=key_configured', undefined, { key: SECOND });
    const entries = body.data as unknown as readonly Entry[];
    expect(entries.map(({ action, by }) => `${action} by ${by}`)).toEqual([
      'api_key.created by configuration',
      'api_key.deleted by configuration',
      'api_key.created by configuration',
    ]);
  }
  await using same = await startServer({ settings: { ...storage.settings, api_key: SECOND } });
  const { body } = await same.api('GET /v1/audit?subject=key_configured', undefined, { key: SECOND });
  expect(body.data).toHaveLength(3);
  const keys = await same.api('GET /v1/api-keys', undefined, { key: SECOND });
  expect(keys.body.data.map(({ name }) => name)).toEqual(['from the configuration']);
});

it('without BELLWIRE_API_KEY, the configured key of an earlier start stays valid until it is deleted', async () => {
  await using folder = await createTemporaryFolder();
  await using storage = await createServerStorage(folder.path);
  {
    await using server = await startServer({ settings: { ...storage.settings, api_key: FIRST } });
    expect(await statusOf(server, FIRST)).toBe(200);
  }
  await using server = await startServer({ settings: { ...storage.settings, api_key: undefined } });
  expect(await statusOf(server, FIRST)).toBe(200);
  await server.bellwire.apiKeys.delete('key_configured');
  expect(await statusOf(server, FIRST)).toBe(401);
});

it('a key that Bellwire created can also be the configured one: it stays the same key', async () => {
  await using folder = await createTemporaryFolder();
  await using storage = await createServerStorage(folder.path);
  let created: { readonly id: string; readonly api_key: string };
  {
    await using server = await startServer({ settings: { ...storage.settings, api_key: FIRST } });
    created = await server.bellwire.apiKeys.create({ name: 'mine', scope: 'admin' });
  }
  {
    await using server = await startServer({ settings: { ...storage.settings, api_key: created.api_key } });
    expect(await statusOf(server, FIRST)).toBe(401);
    const { body } = await server.api('GET /v1/api-keys', undefined, { key: created.api_key });
    expect(body.data.map(({ id }) => id)).toEqual([created.id]);
  }
  // Another database does not know it, and takes it from the configuration.
  await using elsewhere = await startServer({ settings: { api_key: created.api_key } });
  expect(await statusOf(elsewhere, created.api_key)).toBe(200);
});

it('a configured key of less than 32 characters is accepted with a warning that does not contain it', async () => {
  await using server = await startServer({ settings: { api_key: 'sixteen-letters!' } });
  expect(await statusOf(server, 'sixteen-letters!')).toBe(200);
  const warning = server.log_lines.filter((line) => line.includes('BELLWIRE_API_KEY is short'));
  expect(warning).toHaveLength(1);
  expect(server.log_lines.join('\n')).not.toContain('sixteen-letters');
  await using long = await startServer({ settings: { api_key: 'k'.repeat(32) } });
  expect(long.log_lines.join('\n')).not.toContain('BELLWIRE_API_KEY is short');
});
