import { expect, it } from 'vitest';
import { keepForFile, startServer, until } from '../support/running-server.ts';

const server = await keepForFile(startServer({ settings: { inbox: 'true' } }));
const { api } = server;

const entries = async (name: string, count: number) => {
  const { body } = await until(
    () => api(`GET /inbox/${name}`, undefined, { key: null }),
    (answer) => answer.body.data.length === count,
  );
  return body.data as unknown as { signature: string; headers: Record<string, string>; body: string }[];
};

it('does not exist unless it is enabled', async () => {
  await using without = await startServer();
  expect((await without.api('POST /inbox/x', 'a')).status).toBe(404);
});

it('shows requests as verified, refused or unknown, and no secret', async () => {
  const headers = { 'X-Api-Key': 'a custom value' };
  const hook = await server.addHook(`${server.origin}/inbox/first`, { headers });
  const event = await server.send({ data: { n: 1 } });
  const [delivery] = await server.deliveries(`event_id=${event.id}`);
  await server.deliveryIn(delivery!.id, 'succeeded');
  const forged = { 'webhook-id': 'evt_x', 'webhook-timestamp': '1', 'webhook-signature': 'v1,AAAA' };
  expect((await api('POST /inbox/first', '{"a":1}', { key: null, headers: forged })).status).toBe(401);
  expect((await api('POST /inbox/first', '{"a":2}', { key: null })).status).toBe(401);
  await api('PUT /inbox/other', 'text', { key: 'a key that is never shown' });
  const first = await entries('first', 3);
  expect(first.map(({ signature }) => signature)).toEqual(['refused', 'refused', 'verified']);
  expect(JSON.parse(first[2]!.body)).toMatchObject({ type: 'a', data: { n: 1 } });
  expect(first[2]!.headers).toMatchObject({ 'webhook-id': event.id, 'x-api-key': '[secret]' });
  const [other] = await entries('other', 1);
  expect(other).toMatchObject({ signature: 'unknown', headers: { authorization: '[secret]' } });
  const shown = JSON.stringify([first, other]);
  for (const secret of [hook.secret, 'a custom value', 'never shown']) expect(shown).not.toContain(secret);
});

it('shows markup as text, in the body and in the headers', async () => {
  const evil = '<script>alert(1)</script><img src=x onerror="alert(2)">\'&';
  await api('POST /inbox/page', evil, { key: null, headers: { 'x-evil': evil } });
  const page = { key: null, headers: { accept: 'text/html' } };
  const { text, headers } = await api('GET /inbox/page', undefined, page);
  expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(text.match(/&lt;script/g)).toHaveLength(2);
  expect(text).not.toMatch(/<script|<img/i);
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  expect(headers['x-content-type-options']).toBe('nosniff');
  const bad = await api('GET /inbox/%3Cscript%3E', undefined, page);
  expect([bad.status, bad.headers['content-type']]).toEqual([404, 'application/json']);
});
