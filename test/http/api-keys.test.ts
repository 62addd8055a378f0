import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { composeKey, keyScopes } from '../../packages/server/src/core/api-key.ts';
import { openStream } from '../support/event-stream.ts';
import { startServer, until } from '../support/running-server.ts';
import { VIRTUAL_START } from '../support/virtual-clock.ts';
import { startVirtualServer } from '../support/virtual-server.ts';

interface ShownKey {
  readonly id: string;
  readonly name: string;
  readonly hint: string;
  readonly api_key: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

type Virtual = Awaited<ReturnType<typeof startVirtualServer>>;

const create = async ({ api }: Pick<Virtual, 'api'>, fields: object): Promise<ShownKey> => {
  const { status, body } = await api('POST /v1/api-keys', { name: 'a key', ...fields });
  expect(status).toBe(201);
  return body as unknown as ShownKey;
};

const callWith = async ({ fetch }: Pick<Virtual, 'fetch'>, key: string, path = '/v1/webhooks') => {
  const response = await fetch(
    new Request(`http://bellwire.test${path}`, { headers: { authorization: `Bearer ${key}` } }),
  );
  return { status: response.status, text: await response.text() };
};

const at = (ms: number): string => new Date(VIRTUAL_START + ms).toISOString();

it('a key is valid until it expires, and is then refused with a message of its own', async () => {
  await using server = await startVirtualServer();
  const by_time = await create(server, { scope: 'read', expires_at: at(60_000) });
  const by_age = await create(server, { scope: 'workspace', expires_in: 60 });
  const lasting = await create(server, {});
  expect([by_time.expires_at, by_age.expires_at, lasting.expires_at]).toEqual([at(60_000), at(60_000), null]);
  await server.live(59_999);
  for (const { api_key } of [by_time, by_age]) expect((await callWith(server, api_key)).status).toBe(200);
  await server.live(1);
  for (const { api_key } of [by_time, by_age]) {
    const { status, text } = await callWith(server, api_key);
    expect(status).toBe(401);
    expect(text).toContain(`This API key expired at ${at(60_000)}. Create another one.`);
  }
  expect((await callWith(server, lasting.api_key)).status).toBe(200);
});

it('a key that would have expired already, or that has two expiries, is refused', async () => {
  await using server = await startVirtualServer();
  for (const [fields, path] of [
    [{ expires_at: at(0) }, 'expires_at'],
    [{ expires_at: at(1), expires_in: 60 }, 'expires_in'],
    [{ expires_in: 59 }, 'expires_in'],
    [{ expires_at: 'tomorrow' }, 'expires_at'],
  ] as const) {
    const { status, body } = await server.api('POST /v1/api-keys', { name: 'x', ...fields });
    expect([status, body.error.issues?.[0]?.path]).toEqual([422, path]);
  }
});

it('a key shows when it was last used', async () => {
  await using server = await startServer();
  const { body: key } = await server.api('POST /v1/api-keys', { name: 'reader', scope: 'read' });
  const shown = async () => {
    const { body } = await server.api('GET /v1/api-keys');
    return (body.data as unknown as readonly ShownKey[]).find(({ id }) => id === key.id)!;
  };
  expect((await shown()).last_used_at).toBe(null);
  await server.api('GET /v1/webhooks', undefined, { key: `${key.api_key}x` });
  await server.api('GET /v1/webhooks', undefined, { key: key.api_key });
  const { last_used_at } = await until(shown, ({ last_used_at: used }) => used !== null);
  expect(Date.parse(last_used_at!)).toBeGreaterThanOrEqual(Date.parse(key.created_at));
});

/** A server that notes the id of each key that is looked up. */
const startNoting = (ids: string[]) =>
  startVirtualServer({
    wrapRepositories: (all) => ({
      ...all,
      api_keys: {
        ...all.api_keys,
        find: (id) => {
          ids.push(id);
          return all.api_keys.find(id);
        },
      },
    }),
  });

it('a broken key is refused before the database is asked, and one with another secret after a look at its id', async () => {
  const asked: string[] = [];
  await using server = await startNoting(asked);
  const { api_key } = await create(server, { scope: 'admin' });
  asked.length = 0;
  const broken = [
    api_key.slice(0, -1),
    api_key.replace('bw_admin', 'bw_send'),
    api_key.replace(/_[0-9a-f]{8}$/, '_00000000'),
    `${api_key}0`,
    'bw_admin_x',
  ];
  for (const key of broken) {
    const { status, text } = await callWith(server, key);
    expect(status).toBe(401);
    expect(text).toContain('its checksum is wrong');
  }
  expect(asked).toEqual([]);
  // In the form of a key, with a correct checksum.
  const other_secret = composeKey('admin', `key_${api_key.split('_')[2]}`, randomBytes);
  expect((await callWith(server, other_secret)).text).toContain('is not known here');
  expect((await callWith(server, api_key)).status).toBe(200);
});

it('guessing costs a look into memory for one id, and a query at most for each new one', async () => {
  const loaded: string[] = [];
  await using server = await startNoting(loaded);
  await create(server, { scope: 'admin' });
  loaded.length = 0;
  const guesses = 500;
  for (let guess = 0; guess < guesses; guess += 1) {
    expect((await callWith(server, `a-guess-of-a-chosen-key-${guess}`)).status).toBe(401);
  }
  // Always the one row of the configured key, which is cached: the guesses themselves are not kept anywhere.
  expect(new Set(loaded)).toEqual(new Set(['key_configured']));
  loaded.length = 0;
  for (let guess = 0; guess < guesses; guess += 1) {
    const id = `key_${String(guess).padStart(26, '0')}`;
    expect((await callWith(server, composeKey('admin', id, randomBytes))).status).toBe(401);
  }
  expect(loaded).toHaveLength(2 * guesses);
});

it('the hint of a key shows its scope and the beginning of its id, and nothing of its secret', async () => {
  await using server = await startVirtualServer();
  for (const scope of keyScopes) {
    const { id, hint, api_key } = await create(server, { scope });
    expect(hint).toBe(`bw_${scope}_${id.slice(4, 12)}…${api_key.slice(-4)}`);
    expect(api_key.split('_')[3]).not.toContain(hint.slice(-4));
  }
});

it('creating and deleting a key is audited, with its expiry', async () => {
  await using server = await startVirtualServer();
  const key = await create(server, { scope: 'send', expires_in: 60 });
  await server.api(`DELETE /v1/api-keys/${key.id}`);
  const { body } = await server.api(`GET /v1/audit?subject=${key.id}`);
  const fields = { name: 'a key', scope: 'send', expires_at: at(60_000) };
  expect(body.data).toMatchObject([
    { action: 'api_key.deleted', before: fields, after: null },
    { action: 'api_key.created', before: null, after: fields },
  ]);
  expect(JSON.stringify(body)).not.toContain(key.api_key);
});

it('a deleted key and all that depends on it end within a second: calls, streams, sessions and portals', async () => {
  await using server = await startServer();
  const { api, origin } = server;
  const { body: key } = await api('POST /v1/api-keys', { name: 'leaked', scope: 'workspace' });
  const link = await api('POST /v1/tenants/cus_1/portal-sessions', {}, { key: key.api_key });
  const [, token] = link.body.url.split('#');
  const opened = await api('POST /portal/session', { token }, { key: null });
  const portal = (opened.body as unknown as { readonly token: string }).token;
  const streams = [await openStream(origin, { key: key.api_key }), await openStream(origin, { key: portal })];
  const started = performance.now();
  await api(`DELETE /v1/api-keys/${key.id}`);
  for (const credential of [key.api_key, portal]) {
    expect((await api('GET /v1/webhooks', undefined, { key: credential })).status).toBe(401);
  }
  for (const stream of streams) await stream.ended;
  // Half a second for the clocks of a busy machine.
  expect(performance.now() - started).toBeLessThan(1_500);
  for (const stream of streams) await stream[Symbol.asyncDispose]();
});
