import { appendFile, stat } from 'node:fs/promises';
import { Script } from 'node:vm';
import { expect, it } from 'vitest';
import { openStream, type OpenStream } from '../support/event-stream.ts';
import { keepForFile, startServer, until } from '../support/running-server.ts';
import { createServerStorage } from '../support/storage.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

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

const asPage = { key: null, headers: { accept: 'text/html' } };

it('shows markup as text, in the body and in the headers', async () => {
  const evil = '<script>alert(1)</script><img src=x onerror="alert(2)">\'&';
  await api('POST /inbox/page', evil, { key: null, headers: { 'x-evil': evil } });
  const { text, headers } = await api('GET /inbox/page', undefined, asPage);
  expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(text.match(/&lt;script/g)).toHaveLength(2);
  expect(text.match(/<script/gi)).toHaveLength(1);
  expect(text).not.toMatch(/<img|<style| style=| on\w+="|http-equiv/i);
  expect(headers['x-content-type-options']).toBe('nosniff');
  const bad = await api('GET /inbox/%3Cscript%3E', undefined, asPage);
  expect([bad.status, bad.headers['content-type']]).toEqual([404, 'application/json']);
});

it('the page has only files of this server, which its policy allows, and nothing inline', async () => {
  const { text, headers } = await api('GET /inbox/empty', undefined, asPage);
  const policy = String(headers['content-security-policy']);
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
  expect(policy).not.toContain('unsafe');
  const files = [...text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, path = '']) => path);
  expect(files).toEqual(['/inbox/assets/inbox.css', '/inbox/assets/inbox.js']);
  const [style, script] = await Promise.all(
    files.map((path) => api(`GET ${path as `/${string}`}`, undefined, { key: null })),
  );
  expect(style!.headers['content-type']).toMatch(/^text\/css/);
  expect(style!.text).toContain('prefers-color-scheme: dark');
  expect(script!.headers['content-type']).toMatch(/^text\/javascript/);
  expect(() => new Script(script!.text)).not.toThrow();
  expect(script!.text).not.toMatch(/innerHTML|insertAdjacent|document\.write|eval/);
});

it('shows the event type and JSON with line breaks, and the raw body', async () => {
  const body =
    '{"type":"order.created","data":{"big":12345678901234567890,"list":[],"a":[1,{"b":"x: [y]"}]}}';
  await api('POST /inbox/pretty', body, { key: null });
  await api('POST /inbox/pretty', 'plain', { key: null, headers: { 'x-github-event': 'push' } });
  const [plain, json] = await entries('pretty', 2);
  expect([plain, json]).toMatchObject([{ event_type: 'push' }, { event_type: 'order.created' }]);
  const { text } = await api('GET /inbox/pretty', undefined, asPage);
  expect(text).toContain('<h2>order.created<span class="unknown">');
  const [shown] = /\{\n {2}&quot;type[^<]*/.exec(text)!;
  const pretty = shown.replaceAll('&quot;', '"');
  expect(pretty).toContain('"big": 12345678901234567890,\n    "list": [],\n    "a": [\n      1,\n      {\n');
  expect(JSON.parse(pretty)).toEqual(JSON.parse(body));
  expect(text).toContain(body.replaceAll('"', '&quot;'));
});

it('shows characters that are invisible or reorder text', async () => {
  await api('POST /inbox/bidi', 'a\u202Eb\u0007c\r\nd\u200B', { key: null });
  const { text } = await api('GET /inbox/bidi', undefined, asPage);
  expect(text).toContain('a‹U+202E›b‹U+0007›c\nd‹U+200B›');
});

it('keeps the beginning of a large body, and says how much is missing', async () => {
  await api('POST /inbox/large', 'ä'.repeat(10_000), { key: null });
  const [entry] = await entries('large', 1);
  expect(entry).toMatchObject({ body: 'ä'.repeat(4_096), body_bytes: 20_000 });
  const { text } = await api('GET /inbox/large', undefined, asPage);
  expect(text).toContain('… (11808 more bytes)');
});

const send = async (headers: Record<string, string>) =>
  (await api('POST /inbox/foreign', '{}', { key: null, headers })).status;

it('refuses requests that a browser sends for the page of another origin', async () => {
  const { port } = server;
  expect(await send({ 'sec-fetch-site': 'cross-site' })).toBe(403);
  expect(await send({ 'sec-fetch-site': 'same-site' })).toBe(403);
  expect(await send({ origin: 'https://evil.example.com' })).toBe(403);
  expect(await send({ origin: `http://127.0.0.1:${port + 1}` })).toBe(403);
  expect(await send({ origin: 'null' })).toBe(403);
  expect(await send({ origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' })).toBe(200);
  await entries('foreign', 1);
});

const read = (stream: OpenStream) => stream.events.map(({ type, data }) => `${type} ${data.body}`);

it('streams each new request, and continues after the last one', async () => {
  const path = '/inbox/live';
  await api('POST /inbox/live', 'zero', { key: null });
  const first = await openStream(server.origin, { path });
  await api('POST /inbox/live', '<b>one</b>', { key: null });
  await api('POST /inbox/elsewhere', 'other', { key: null });
  await first.has(({ data }) => data.body === '<b>one</b>');
  expect(read(first)).toEqual(['entry zero', 'entry <b>one</b>']);
  await first[Symbol.asyncDispose]();
  await api('POST /inbox/live', 'two', { key: null });
  await using second = await openStream(server.origin, {
    path,
    headers: { 'last-event-id': first.lastId() },
  });
  await second.has(({ data }) => data.body === 'two');
  expect(read(second)).toEqual(['entry two']);
});

it('keeps requests across a restart, with increasing ids, in a file of its owner', async () => {
  await using folder = await createTemporaryFolder();
  await using storage = await createServerStorage(folder.path);
  const settings = { inbox: 'true', ...storage.settings };
  const first = await startServer({ settings });
  await first.api('POST /inbox/kept', 'one', { key: null });
  const [before] = (await first.api('GET /inbox/kept')).body.data;
  await first[Symbol.asyncDispose]();
  const file = first.inbox_path;
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  // A crash in the middle of a write.
  await appendFile(file, '{"id":99,"na');
  await using second = await startServer({ settings });
  await second.api('POST /inbox/kept', 'two', { key: null });
  const { data } = (await second.api('GET /inbox/kept')).body;
  expect(data).toMatchObject([{ id: Number(before?.id) + 1, body: 'two' }, before]);
});

it('the pages do not keep the server from stopping', async () => {
  await using small = await startServer({ settings: { inbox: 'true' } });
  await small.api('POST /inbox/x', '1', { key: null });
  await using stream = await openStream(small.origin, { path: '/inbox/x' });
  small.bellwire.endStreams();
  await stream.ended;
});
