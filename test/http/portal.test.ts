import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { composeKey } from '../../packages/server/src/core/api-key.ts';
import { pageHeaders } from '../../packages/server/src/http/console.ts';
import { openStream } from '../support/event-stream.ts';
import { openPortal } from '../support/portal.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, type Api, keepForFile, startServer, until } from '../support/running-server.ts';
import { readStored } from '../support/storage.ts';
import { startVirtualServer } from '../support/virtual-server.ts';

const ALLOWED = 'https://app.example.com';
const server = await keepForFile(
  startServer({ settings: { portal_origins: `${ALLOWED},http://localhost:3000` } }),
);
const { api } = server;
const receiver = await keepForFile(startReceiver());

const createLink = async (tenant: string, fields: object = {}, key = ADMIN_KEY) => {
  const answer = await api(`POST /v1/tenants/${tenant}/portal-sessions`, fields, { key });
  const url = (answer.body as { readonly url?: string }).url ?? '';
  return { ...answer, url, token: url.split('#')[1] ?? '' };
};

const exchange = (token: string, headers = {}) =>
  api('POST /portal/session', { token }, { key: null, headers });

const statusWith = async (key: string): Promise<number> =>
  (await api('GET /v1/webhooks', undefined, { key })).status;

it('a link opens a session with what its page needs', async () => {
  const theme = { accent: '#0b5d4e', name: 'Acme' };
  const fields = { expires_in: 120, read_only: true, return_url: `${ALLOWED}/settings`, theme };
  const link = await createLink('cus_42', fields);
  expect([link.status, link.url]).toEqual([201, expect.stringMatching(/\/portal#[\w-]{43}$/)]);
  expect(link.url.startsWith(server.origin)).toBe(true);
  const before = Date.now();
  const { status, body, headers } = await exchange(link.token);
  expect([status, body]).toEqual([
    200,
    {
      token: expect.stringMatching(/^bw_portal_[0-9a-z]{26}_[0-9A-Za-z]{43}_[0-9a-f]{8}$/),
      tenant: 'cus_42',
      read_only: true,
      return_url: `${ALLOWED}/settings`,
      theme,
      dialect: 'standard',
      expires_at: expect.any(String),
    },
  ]);
  const { expires_at } = body as unknown as { readonly expires_at: string };
  expect(Date.parse(expires_at) - before).toBeGreaterThanOrEqual(120_000);
  expect(Date.parse(expires_at) - before).toBeLessThan(180_000);
  expect(headers).toMatchObject({ 'cache-control': 'no-store' });
  expect(headers['set-cookie']).toBeUndefined();
});

it('a link works once, also when several browsers open it together', async () => {
  const { token } = await createLink('cus_42');
  const answers = await Promise.all(Array.from({ length: 8 }, () => exchange(token)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  const refused = answers.filter(({ status }) => status === 401);
  expect(refused).toHaveLength(7);
  expect(refused[0]?.body.error.message).toMatch(/used already, has expired or was revoked/);
});

it('the token of a link, a session of the console and an API key are not tokens of a portal, nor the reverse', async () => {
  const { token: link } = await createLink('cus_42');
  expect(await statusWith(link)).toBe(401);
  expect(await statusWith(`bw_portal_${link}`)).toBe(401);
  expect((await exchange(await server.bellwire.createSignInLink())).status).toBe(401);
  const token = await openPortal(api, 'cus_42');
  expect((await exchange(token)).status).toBe(401);
  const headers = { origin: server.origin };
  for (const body of [{ api_key: token }]) {
    expect((await api('POST /session', body, { key: null, headers })).status).toBe(401);
  }
  expect((await api('POST /session/link', { token: link }, { key: null, headers })).status).toBe(401);
  const cookie = `__Host-bellwire-${server.port}=${token}`;
  const own = { cookie, 'sec-fetch-site': 'same-origin' };
  expect((await api('GET /v1/webhooks', undefined, { key: null, headers: own })).status).toBe(401);
});

it.each([
  [{ theme: { accent: '#9db4f8' } }, 'theme.accent'],
  [{ theme: { accent: 'red' } }, 'theme.accent'],
  [{ theme: { css: 'a{}' } }, 'theme.css'],
  [{ theme: { logo_url: 'https://app.example.com/logo.png' } }, 'theme.logo_url'],
  [{ return_url: 'http://app.example.com/' }, 'return_url'],
  [{ return_url: 'javascript:alert(1)' }, 'return_url'],
  [{ expires_in: 86_401 }, 'expires_in'],
  [{ expires_in: 59 }, 'expires_in'],
])('refuses %j with words', async (fields, path) => {
  const { status, body } = await createLink('cus_42', fields);
  expect(status).toBe(422);
  expect(body.error.issues?.[0]?.path).toBe(path);
  expect(body.error.message.length).toBeGreaterThan(20);
});

it('a key that only sends, and a portal itself, cannot create a link', async () => {
  const { body } = await api('POST /v1/api-keys', { name: 'sender', scope: 'send' });
  expect((await createLink('cus_42', {}, body.api_key)).status).toBe(403);
  expect((await createLink('cus_42', {}, await openPortal(api, 'cus_42'))).status).toBe(403);
});

it('stores no token, only hashes', async () => {
  const link = await createLink('cus_hashes');
  const token = await openPortal(api, 'cus_hashes');
  for (const bytes of Object.values(await readStored(server.database_url))) {
    expect(bytes).not.toContain(link.token);
    expect(bytes).not.toContain(token);
  }
  expect(server.log_lines.join('\n')).not.toContain(token);
});

const ENDINGS: readonly (readonly [string, (tenant: string, key_id: string) => Promise<unknown>])[] = [
  ['revoking the portals', (tenant) => api(`DELETE /v1/tenants/${tenant}/portal-sessions`)],
  ['erasing the tenant', (tenant) => api(`DELETE /v1/tenants/${tenant}`)],
  ['deleting the API key', (_, key_id) => api(`DELETE /v1/api-keys/${key_id}`)],
];

it.each(ENDINGS)('%s ends sessions, links and streams', async (name, end) => {
  const tenant = `cus_${name.replaceAll(' ', '_')}`;
  const { body: key } = await api('POST /v1/api-keys', { name, scope: 'workspace' });
  const { token: link } = await createLink(tenant, {}, key.api_key);
  const asKey: Api = (call, body, options) => api(call, body, { key: key.api_key, ...options });
  const token = await openPortal(asKey, tenant);
  const kept = await openPortal(api, `${tenant}_other`);
  await using stream = await openStream(server.origin, { key: token });
  expect(await statusWith(token)).toBe(200);
  await end(tenant, key.id);
  const { status, body } = await api('GET /v1/webhooks', undefined, { key: token });
  expect([status, body.error.code]).toEqual([401, 'unauthenticated']);
  expect(body.error.message).toMatch(/expired or was revoked\. Open the page again/);
  expect((await exchange(link)).status).toBe(401);
  expect(await statusWith(kept)).toBe(200);
  await stream.ended;
});

it('erasing a workspace ends its sessions', async () => {
  const place = await server.newWorkspace();
  const token = await openPortal(place.api, 'cus_42');
  expect(await statusWith(token)).toBe(200);
  await api(`DELETE /v1/workspaces/${place.workspace}?force=true`);
  expect(await statusWith(token)).toBe(401);
});

it('a link expires after 10 minutes, and a session after its time, in words', async () => {
  await using virtual = await startVirtualServer();
  const call = async (path: string, method: string, options: object): Promise<Response> =>
    virtual.fetch(new Request(`http://bellwire.test${path}`, { method, ...options }));
  const link = async () => {
    const { body } = await virtual.api('POST /v1/tenants/cus_1/portal-sessions', { expires_in: 3_600 });
    return (body as unknown as { readonly url: string }).url.split('#')[1] ?? '';
  };
  const open = (token: string) =>
    call('/portal/session', 'POST', {
      body: JSON.stringify({ token }),
      headers: { 'content-type': 'application/json' },
    });
  const [early, late] = [await link(), await link()];
  await virtual.clock.advance(599_000);
  const opened = await open(early);
  expect(opened.status).toBe(200);
  await virtual.clock.advance(1_000);
  expect((await open(late)).status).toBe(401);
  const { token } = (await opened.json()) as { readonly token: string };
  const read = () => call('/v1/webhooks', 'GET', { headers: { authorization: `Bearer ${token}` } });
  await virtual.clock.advance(3_598_000);
  expect((await read()).status).toBe(200);
  await virtual.clock.advance(1_000);
  const expired = await read();
  expect(expired.status).toBe(401);
  expect(await expired.text()).toContain('has expired or was revoked');
});

it('a stream shows the changes of own hooks and nothing of others', async () => {
  const token = await openPortal(api, 'cus_s');
  await using stream = await openStream(server.origin, { key: token });
  const add = (tenant: string | undefined, path: string) =>
    server.addHook(`${receiver.origin}/${path}`, {
      name: path,
      metadata: { of: 'private' },
      ...(tenant === undefined ? {} : { tenant }),
    });
  const foreign = [await add('cus_t', 'tmark'), await add('*', 'starmark'), await add(undefined, 'nonemark')];
  const own = await add('cus_s', 'own');
  for (const tenant of ['cus_t', undefined, 'cus_s']) {
    await server.send({ data: { of: tenant ?? 'nonemark' }, ...(tenant === undefined ? {} : { tenant }) });
  }
  for (const { id } of [...foreign, own]) {
    await api(`POST /v1/webhooks/${id}/deactivate`);
    await api(`POST /v1/recoveries`, { hook_id: id, since: new Date(0).toISOString(), statuses: ['held'] });
    await api(`DELETE /v1/webhooks/${id}`);
  }
  await stream.has(({ type, data }) => type === 'hook' && data.change === 'deleted' && data.id === own.id);
  await stream.has(({ type, data }) => type === 'delivery' && data.hook_id === own.id);
  await stream.has(({ type, data }) => type === 'deliveries_changed' && data.hook_id === own.id);
  const text = JSON.stringify(stream.events);
  for (const mark of ['tmark', 'starmark', 'nonemark', 'private', 'cus_t', ...foreign.map(({ id }) => id)]) {
    expect(text).not.toContain(mark);
  }
  for (const { id } of foreign) {
    expect((await openStream(server.origin, { key: token, query: `?hook_id=${id}` })).status).toBe(404);
  }
  expect((await openStream(server.origin, { key: token, query: '?tenant=cus_t' })).status).toBe(403);
  await using resumed = await openStream(server.origin, {
    key: token,
    headers: { 'last-event-id': stream.lastId().replace(/-\d+$/, '-0') },
  });
  await resumed.has(({ type, data }) => type === 'hook' && data.id === own.id);
  expect(JSON.stringify(resumed.events)).not.toMatch(/tmark|starmark|nonemark|private/);
});

it('portals leave streams to others', async () => {
  const token = await openPortal(api, 'cus_streams');
  const open = () => openStream(server.origin, { key: token });
  const streams = await Promise.all(Array.from({ length: 5 }, open));
  expect((await open()).status).toBe(429);
  await using console_stream = await openStream(server.origin);
  expect(console_stream.status).toBe(200);
  for (const stream of streams) await stream[Symbol.asyncDispose]();
  await until(
    async () => {
      await using again = await open();
      return again.status;
    },
    (status) => status === 200,
  );
});

const corsIn = (headers: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'));

const preflight = (path: string, origin: string) =>
  api(`OPTIONS ${path}` as 'OPTIONS /', undefined, {
    key: null,
    headers: {
      origin,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization',
    },
  });

/** In the form of a token, with a correct checksum. */
const unknownToken = (): string => composeKey('portal', `ses_${'0'.repeat(26)}`, randomBytes);

it('a page of an allowed origin makes calls with the token of a portal, without credentials', async () => {
  const token = await openPortal(api, 'cus_cors');
  for (const path of ['/v1/webhooks', '/api/v1/webhooks', '/trpc/hooks.list', '/portal/session']) {
    const { status, headers } = await preflight(path, ALLOWED);
    expect([path, status, headers['access-control-allow-origin']]).toEqual([path, 204, ALLOWED]);
    expect(headers['access-control-allow-credentials']).toBeUndefined();
    expect(headers['vary']).toContain('origin');
  }
  const calls = [
    await api('GET /v1/webhooks', undefined, { key: token, headers: { origin: ALLOWED } }),
    await api('GET /v1/audit', undefined, { key: token, headers: { origin: ALLOWED } }),
    await api('GET /v1/webhooks', undefined, { key: unknownToken(), headers: { origin: ALLOWED } }),
    await api('GET /trpc/hooks.list?input={}', undefined, { key: token, headers: { origin: ALLOWED } }),
    await exchange('used', { origin: ALLOWED }),
  ];
  expect(calls.map(({ status }) => status)).toEqual([200, 403, 401, 200, 401]);
  for (const { headers } of calls) {
    expect(headers['access-control-allow-origin']).toBe(ALLOWED);
    expect(headers['access-control-allow-credentials']).toBeUndefined();
  }
  await using stream = await openStream(server.origin, { key: token, headers: { origin: ALLOWED } });
  expect(stream.headers.get('access-control-allow-origin')).toBe(ALLOWED);
});

it('no other origin, no API key and no cookie gets a header that lets a page read the answer', async () => {
  const token = await openPortal(api, 'cus_cors');
  for (const origin of [
    'https://evil.example.com',
    'https://app.example.com.evil.example',
    'http://app.example.com',
    'https://app.example.com:8443',
    'null',
  ]) {
    expect(corsIn((await preflight('/v1/webhooks', origin)).headers)).toEqual([]);
    expect(
      corsIn((await api('GET /v1/webhooks', undefined, { key: token, headers: { origin } })).headers),
    ).toEqual([]);
    expect(corsIn((await exchange('used', { origin })).headers)).toEqual([]);
  }
  const signIn = await api(
    'POST /session',
    { api_key: ADMIN_KEY },
    { key: null, headers: { origin: server.origin } },
  );
  const cookie = String(signIn.headers['set-cookie']).split(';')[0] ?? '';
  for (const [key, headers] of [
    [ADMIN_KEY, { origin: ALLOWED }],
    [null, { origin: ALLOWED, cookie }],
  ] as const) {
    expect(corsIn((await api('GET /v1/webhooks', undefined, { key, headers })).headers)).toEqual([]);
  }
  for (const path of ['/session', '/metrics', '/', '/openapi.json']) {
    expect(corsIn((await preflight(path, ALLOWED)).headers)).toEqual([]);
    expect(
      corsIn(
        (await api(`GET ${path}` as 'GET /', undefined, { key: token, headers: { origin: ALLOWED } }))
          .headers,
      ),
    ).toEqual([]);
  }
});

const ancestorsOf = (path: string, origins: readonly string[]) => {
  const { 'content-security-policy': policy, 'x-frame-options': options } = pageHeaders(path, origins);
  return [policy?.match(/frame-ancestors ([^;]+)/)?.[1], options];
};

it('only the page of the portal can be framed, and only by the origins of the setting', () => {
  expect(ancestorsOf('/portal', [ALLOWED, 'http://localhost:3000'])).toEqual([
    `${ALLOWED} http://localhost:3000`,
    undefined,
  ]);
  expect(ancestorsOf('/portal', [])).toEqual(["'none'", 'DENY']);
  for (const path of ['/', '/portals', '/portal/x', '/settings', '/x/portal']) {
    expect(ancestorsOf(path, [ALLOWED])).toEqual(["'none'", 'DENY']);
  }
});

it.each([
  '*',
  'https://*.example.com',
  'https://app.example.com/path',
  'app.example.com',
  'https://a.example;script-src',
])('the setting refuses %s', async (portal_origins) => {
  await expect(startServer({ settings: { portal_origins } })).rejects.toThrow(/must be origins such as/);
});
