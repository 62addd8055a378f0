import { describe, expect, it } from 'vitest';
import { defineDialect } from '../../packages/server/src/index.ts';
import { type ReceivedCall, startReceiver } from '../support/receiver.ts';
import { keepForFile, type RunningServer, startServer } from '../support/running-server.ts';

const PUBLIC_URL = 'https://hooks.example.com';
const own = defineDialect({ name: 'own', header_names: { secret: 'X-Key' } });
const settings = { inbox: 'true' };

const plain = await keepForFile(startServer({ settings, parts: { dialects: [own] } }));
const proxied = await keepForFile(startServer({ settings: { ...settings, public_url: PUBLIC_URL } }));

/** A hook, and a request with its signature. */
const createSigned = async (server: RunningServer, path: string) => {
  await using receiver = await startReceiver();
  const hook = await server.addHook(receiver.origin + path);
  await server.api(`POST /v1/webhooks/${hook.id}/ping`);
  return { id: hook.id, call: await receiver.next() };
};

/** How the inbox sees a request that is sent to it unchanged, with another host. */
const verdictOf = async ({ api }: RunningServer, { path, headers, body }: ReceivedCall, host: string) => {
  const { 'content-length': _, connection: __, ...rest } = headers;
  const call = `POST ${path as `/${string}`}` as const;
  const { status } = await api(call, body, { key: null, headers: { ...rest, host } });
  const { body: inbox } = await api(`GET ${path as `/${string}`}`);
  return [status, (inbox.data[0] as unknown as { signature: string }).signature];
};

const hostOf = ({ port }: RunningServer): string => `127.0.0.1:${port}`;

describe('the inbox verifies with the secrets of hooks that target it, not of hooks with its path elsewhere:', () => {
  it('a request that is signed for another server is not from a hook of this one', async () => {
    const { id, call } = await createSigned(plain, '/inbox/demo');
    expect(await verdictOf(plain, call, hostOf(plain))).toEqual([200, 'unknown']);
    await plain.api(`PATCH /v1/webhooks/${id}`, { url: `${plain.origin}/inbox/demo` });
    expect(await verdictOf(plain, call, hostOf(plain))).toEqual([200, 'verified']);
    expect(await verdictOf(plain, call, `localhost:${plain.port}`)).toEqual([200, 'unknown']);
    await plain.api(`PATCH /v1/webhooks/${id}`, { url: `http://127.0.0.1:${plain.port + 1}/inbox/demo` });
    expect(await verdictOf(plain, call, hostOf(plain))).toEqual([200, 'unknown']);
  });

  it('behind a proxy, the public URL counts, whatever host the proxy names', async () => {
    const { id, call } = await createSigned(proxied, '/inbox/demo');
    expect(await verdictOf(proxied, call, 'hooks.example.com')).toEqual([200, 'unknown']);
    await proxied.api(`PATCH /v1/webhooks/${id}`, { url: `${PUBLIC_URL}/inbox/demo` });
    for (const host of ['hooks.example.com', hostOf(proxied)]) {
      expect(await verdictOf(proxied, call, host)).toEqual([200, 'verified']);
    }
  });
});

it('the inbox hides the header with the secret of a custom dialect, and headers of hooks with its path elsewhere', async () => {
  const elsewhere = 'https://elsewhere.example.com/inbox/keys';
  await plain.addHook(elsewhere, { dialect: 'own', secret: 'a-secret-0815', headers: { 'X-More': 'm' } });
  const headers = { 'x-key': 'a-secret-0815', 'x-more': 'm', 'x-plain': 'p' };
  await plain.api('POST /inbox/keys', '{}', { key: null, headers });
  const { text } = await plain.api('GET /inbox/keys');
  expect(text).toContain('"x-key":"[secret]"');
  expect(text).toContain('"x-more":"[secret]"');
  expect(text).toContain('"x-plain":"p"');
});
