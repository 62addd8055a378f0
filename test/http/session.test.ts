import { expect, it } from 'vitest';
import {
  ADMIN_KEY,
  type Answer,
  keepForFile,
  type RunningServer,
  startServer,
} from '../support/running-server.ts';
import { readStored } from '../support/storage.ts';

const server = await keepForFile(startServer());

type Headers = Readonly<Record<string, string>>;

const cookieOf = ({ headers }: Answer): string => String(headers['set-cookie']).split(';')[0] ?? '';

const signIn = async (at: RunningServer, api_key: string = ADMIN_KEY): Promise<Answer> =>
  at.api('POST /session', { api_key }, { key: null, headers: { origin: at.origin } });

const signedIn = async (at: RunningServer): Promise<string> => cookieOf(await signIn(at));

const own: Headers = { 'sec-fetch-site': 'same-origin' };

it('an API key signs a browser in: the cookie authenticates, and is not readable by scripts', async () => {
  const answer = await signIn(server);
  expect(answer).toMatchObject({
    status: 200,
    body: { signed_in: true, scope: 'admin', workspace_id: null },
  });
  expect(String(answer.headers['set-cookie'])).toMatch(
    new RegExp(
      `^__Host-bellwire-${server.port}=[\\w-]{43}; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Strict$`,
    ),
  );
  const headers = { cookie: cookieOf(answer), ...own };
  const listed = await server.api('GET /v1/webhooks', undefined, { key: null, headers });
  expect(listed.status).toBe(200);
  const called = await server.api('POST /trpc/eventTypes.put', { name: 'a.b' }, { key: null, headers });
  expect(called).toMatchObject({ status: 200 });
  const { body } = await server.api('GET /session', undefined, { key: null, headers });
  expect(body).toMatchObject({ signed_in: true });
});

it('a session ends when it signs out, and when its API key is deleted', async () => {
  const headers = { cookie: await signedIn(server), ...own };
  const out = await server.api('DELETE /session', undefined, { key: null, headers });
  expect(String(out.headers['set-cookie'])).toContain('Max-Age=0');
  expect((await server.api('GET /v1/webhooks', undefined, { key: null, headers })).status).toBe(401);

  const { body: key } = await server.api('POST /v1/api-keys', { name: 'short', scope: 'admin' });
  const cookie = cookieOf(await signIn(server, key.api_key));
  const other = { cookie, ...own };
  expect((await server.api('GET /v1/webhooks', undefined, { key: null, headers: other })).status).toBe(200);
  await server.api(`DELETE /v1/api-keys/${key.id}`);
  expect((await server.api('GET /v1/webhooks', undefined, { key: null, headers: other })).status).toBe(401);
});

it('a wrong key, and a key that only sends events or only reads, are refused with the reason', async () => {
  const wrong = await signIn(server, 'some-wrong-key');
  expect(wrong).toMatchObject({ status: 401, body: { error: { code: 'unauthenticated' } } });
  expect(wrong.headers['set-cookie']).toBeUndefined();
  const { body: key } = await server.api('POST /v1/api-keys', {
    name: 'sender',
    scope: 'send',
  });
  expect(await signIn(server, key.api_key)).toMatchObject({
    status: 403,
    body: { error: { message: expect.stringContaining('can only send events') } },
  });
  const { body: reader } = await server.api('POST /v1/api-keys', { name: 'reader', scope: 'read' });
  expect(await signIn(server, reader.api_key)).toMatchObject({
    status: 403,
    body: { error: { message: expect.stringContaining('can only read') } },
  });
});

it('a one-time link signs one browser in, also when two open it together', async () => {
  const token = await server.bellwire.createSignInLink();
  const open = () =>
    server.api('POST /session/link', { token }, { key: null, headers: { origin: server.origin } });
  const answers = await Promise.all([open(), open(), open()]);
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(2);
  const cookie = cookieOf(answers.find(({ status }) => status === 200)!);
  const { body } = await server.api('GET /v1/api-keys', undefined, {
    key: null,
    headers: { cookie, ...own },
  });
  expect(body.data.map(({ name }) => name)).toContain('from the configuration');
  expect((await open()).status).toBe(401);
  // The token of a link is not one of a session.
  const direct = {
    cookie: `__Host-bellwire-${server.port}=${await server.bellwire.createSignInLink()}`,
    ...own,
  };
  expect((await server.api('GET /v1/webhooks', undefined, { key: null, headers: direct })).status).toBe(401);
});

const foreign: readonly (readonly [string, Headers])[] = [
  ['another site', { 'sec-fetch-site': 'cross-site' }],
  ['another port of this machine', { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:1' }],
  ['another origin, in an old browser', { origin: 'http://127.0.0.1:1' }],
  ['a sandboxed frame', { origin: 'null' }],
];

it.each(foreign)(
  'a request that %s caused is refused, reads included, and changes nothing',
  async (_, headers) => {
    const cookie = await signedIn(server);
    const hook = { url: 'http://127.0.0.1:8080/foreign', events: ['*'] };
    for (const [call, body] of [
      ['POST /v1/webhooks', hook],
      ['POST /trpc/hooks.create', hook],
      ['GET /v1/webhooks', undefined],
      ['GET /trpc/hooks.list?input={}', undefined],
      ['GET /v1/stream', undefined],
      ['DELETE /session', undefined],
    ] as const) {
      const { status } = await server.api(call, body, { key: null, headers: { cookie, ...headers } });
      expect([call, status]).toEqual([call, 403]);
    }
    const signing = await server.api('POST /session', { api_key: ADMIN_KEY }, { key: null, headers });
    expect(signing.status).toBe(403);
    const { text } = await server.api('GET /v1/webhooks');
    expect(text).not.toContain('/foreign');
    const { body } = await server.api('GET /session', undefined, { key: null, headers: { cookie, ...own } });
    expect(body).toMatchObject({ signed_in: true });
  },
);

it('a change by a cookie alone, without the headers of a browser, is refused', async () => {
  const headers = { cookie: await signedIn(server) };
  const { status } = await server.api('POST /v1/webhooks', {}, { key: null, headers });
  expect(status).toBe(403);
});

it('a form of another page cannot change anything: only JSON is accepted', async () => {
  const headers = { cookie: await signedIn(server), ...own, 'content-type': 'text/plain' };
  const body = '{"url":"http://127.0.0.1:1","events":["*"]}';
  const { status } = await server.api('POST /v1/webhooks', body, { key: null, headers });
  expect(status).toBe(415);
});

it('an API key takes precedence over the cookie, whatever page sends it', async () => {
  const headers = { cookie: await signedIn(server), 'sec-fetch-site': 'cross-site' };
  expect((await server.api('GET /v1/webhooks', undefined, { headers })).status).toBe(200);
  expect((await server.api('GET /v1/webhooks', undefined, { key: 'some-wrong-key', headers })).status).toBe(
    401,
  );
});

it('behind a proxy, the public URL is the origin of the console', async () => {
  const public_url = 'https://hooks.example.com';
  await using proxied = await startServer({ settings: { public_url } });
  const headers = { origin: public_url, host: 'hooks.example.com' };
  const answer = await proxied.api('POST /session', { api_key: ADMIN_KEY }, { key: null, headers });
  expect(String(answer.headers['set-cookie'])).toMatch(/^__Host-bellwire=/);
  const refused = await proxied.api(
    'POST /session',
    { api_key: ADMIN_KEY },
    { key: null, headers: { ...headers, origin: 'https://evil.example.com' } },
  );
  expect(refused.status).toBe(403);
});

it('on plain HTTP away from this machine, no cookie is set: the page keeps the key in memory', async () => {
  // On loopback, the server refuses other names.
  await using elsewhere = await startServer({ settings: { host: '0.0.0.0' } });
  const headers = { host: 'hooks.internal:4400', origin: 'http://hooks.internal:4400' };
  const { body } = await elsewhere.api('GET /session', undefined, { key: null, headers });
  expect(body).toEqual({ signed_in: false, keeps_cookie: false });
  const answer = await elsewhere.api('POST /session', { api_key: ADMIN_KEY }, { key: null, headers });
  expect(answer).toMatchObject({ status: 200, body: { signed_in: true } });
  expect(answer.headers['set-cookie']).toBeUndefined();
});

it('the token is not in the database: only its hash is', async () => {
  const token = (await signedIn(server)).split('=')[1]!;
  for (const bytes of Object.values(await readStored(server.database_url))) {
    expect(bytes).not.toContain(token);
  }
});
