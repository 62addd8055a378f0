import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { requestOf, send, signedBody } from './support/senders.ts';
import { startTestReceiver } from './support/test-receiver.ts';

const sent = { id: 'evt_1', type: 'order.created', data: { n: 1 } };

await test('an event that comes twice is answered alike and handled once', async (t) => {
  const receiver = await startTestReceiver(t);
  const first = await receiver.deliver('evt_1');
  await receiver.log.until('handled');
  const second = await receiver.deliver('evt_1');
  assert.deepEqual([second.status, second.text], [first.status, first.text]);
  assert.equal(receiver.log.count('duplicate'), 1);
  await receiver.deliver('evt_2');
  await receiver.log.until('handled', ({ id }) => id === 'evt_2');
  assert.deepEqual(
    receiver.handled.map(({ id }) => id),
    ['evt_1', 'evt_2'],
  );
});

await test('an event that was handled before a restart is not handled again after it', async (t) => {
  const before = await startTestReceiver(t);
  await before.deliver('evt_1');
  await before.log.until('handled');
  await before.stop();
  const after = await startTestReceiver(t, { folder: before.folder });
  assert.equal((await after.deliver('evt_1')).status, 200);
  await after.deliver('evt_2');
  await after.log.until('handled', ({ id }) => id === 'evt_2');
  assert.equal(after.handled.length, 1);
});

await test('a hundred copies of an event at the same time are one', async (t) => {
  const receiver = await startTestReceiver(t);
  const answers = await Promise.all(Array.from({ length: 100 }, () => receiver.deliver('evt_1')));
  assert.ok(answers.every(({ status }) => status === 200));
  assert.equal(receiver.log.count('stored'), 1);
  assert.equal(receiver.log.count('duplicate'), 99);
});

await test('what is answered is in the file', async (t) => {
  const receiver = await startTestReceiver(t, {
    handle: () => new Promise((resolve) => setTimeout(resolve, 50)),
  });
  await receiver.deliver('evt_1');
  const row = receiver.inTheFile((db) => db.prepare('select id, type, state, body from events').get());
  assert.ok(typeof row === 'object' && row !== null && 'body' in row && Buffer.isBuffer(row.body));
  assert.match(row.body.toString(), /"data":\{"n":1\}/);
  assert.deepEqual({ ...row, body: '' }, { id: 'evt_1', type: 'order.created', state: 'waiting', body: '' });
  await receiver.log.until('handled');
});

await test('a body of 1 MiB is taken, one byte more is 413', async (t) => {
  const receiver = await startTestReceiver(t);
  const start = '{"type":"a","data":{"text":"';
  const bodyOfSize = (size: number) => `${start}${'x'.repeat(size - start.length - 3)}"}}`;
  assert.equal((await receiver.send(signedBody('evt_1', bodyOfSize(1_048_576)))).status, 200);
  assert.equal((await receiver.send(signedBody('evt_2', bodyOfSize(1_048_577)))).status, 413);
  await receiver.log.until('handled');
  assert.equal(receiver.log.count('stored'), 1);
});

await test('a compressed body is 415: what was signed would not be what is read', async (t) => {
  const receiver = await startTestReceiver(t);
  const request = requestOf('standard', sent);
  const headers = { ...request.headers, 'content-encoding': 'gzip' };
  assert.equal((await receiver.send({ ...request, headers })).status, 415);
});

const unreadable = [
  ['no JSON', '{"type":'],
  ['a list', '[]'],
  ['null', 'null'],
  ['nothing', ''],
] as const;

for (const [what, body] of unreadable) {
  await test(`a genuine body that is ${what} is 400 and says so`, async (t) => {
    const receiver = await startTestReceiver(t);
    const { status, text } = await receiver.send(signedBody('evt_1', body));
    assert.deepEqual([status, text], [400, '{"error":"The body is no JSON object"}']);
    assert.equal(receiver.log.count('unreadable'), 1);
  });
}

await test('a genuine body without its id is 400, as text where the dialect speaks text', async (t) => {
  const environment = { WEBHOOK_DIALECT: 'connect2print' };
  const receiver = await startTestReceiver(t, { environment });
  const { status, text, headers } = await receiver.deliver('');
  assert.deepEqual([status, text], [400, 'The event has no id']);
  assert.equal(headers.get('content-type'), 'text/plain; charset=utf-8');
});

await test('an event may come as a form with its JSON in `payload`', async (t) => {
  const receiver = await startTestReceiver(t);
  const form = new URLSearchParams({ payload: '{"type":"order.created","data":{"text":"Grüße & more"}}' });
  const request = signedBody('evt_1', form.toString());
  const headers = { ...request.headers, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  assert.equal((await receiver.send({ ...request, headers })).status, 200);
  await receiver.log.until('handled');
  assert.deepEqual(receiver.handled[0]?.data, { text: 'Grüße & more' });
});

await test('a full inbox answers 429 with Retry-After, but knows what it has', async (t) => {
  const blocked = Promise.withResolvers<void>();
  t.after(() => blocked.resolve());
  const environment = { INBOX_LIMIT: '2' };
  const receiver = await startTestReceiver(t, { environment, handle: () => blocked.promise });
  assert.equal((await receiver.deliver('evt_1')).status, 200);
  assert.equal((await receiver.deliver('evt_2')).status, 200);
  const full = await receiver.deliver('evt_3');
  assert.deepEqual([full.status, full.headers.get('retry-after')], [429, '30']);
  assert.match(full.text, /^\{"error":/);
  assert.equal((await receiver.deliver('evt_2')).status, 200);
  blocked.resolve();
  await receiver.log.until('handled', ({ id }) => id === 'evt_2');
  // The answer comes after the commit that holds the handled ones, or in the same one.
  assert.equal((await receiver.deliver('evt_3')).status, 200);
});

await test('a client that asks too often is answered 429 with Retry-After', async (t) => {
  const receiver = await startTestReceiver(t, { environment: { RATE_LIMIT: '3' } });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => receiver.deliver(`evt_${n}`)));
  const limited = answers.filter(({ status }) => status === 429);
  // The twenty may fall into two seconds.
  assert.ok(limited.length >= 14, `${limited.length} were limited`);
  assert.equal(limited[0]?.headers.get('retry-after'), '1');
  assert.match(limited[0]?.text ?? '', /^\{"error":/);
});

await test('behind a proxy that is trusted, the limit counts for each client', async (t) => {
  const receiver = await startTestReceiver(t, { environment: { RATE_LIMIT: '1', TRUST_PROXY: '1' } });
  const from = (client: string, id: string) => {
    const request = requestOf('standard', { ...sent, id });
    return send(receiver.port, { ...request, headers: { ...request.headers, 'x-forwarded-for': client } });
  };
  const answers = await Promise.all(Array.from({ length: 9 }, (_, n) => from(`192.0.2.${n}`, `evt_${n}`)));
  assert.ok(answers.every(({ status }) => status === 200));
});

await test('an inbox that cannot be written answers 503 with Retry-After, and takes the event later', async (t) => {
  const receiver = await startTestReceiver(t);
  const other = new Database(receiver.inbox_path);
  other.exec('begin immediate');
  const refused = await receiver.deliver('evt_1');
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '30']);
  other.exec('rollback');
  other.close();
  assert.equal((await receiver.deliver('evt_1')).status, 200);
  await receiver.log.until('handled');
});

await test('a log of refusals has reason, detail and client, and nothing of what was sent', async (t) => {
  const receiver = await startTestReceiver(t);
  const request = requestOf('standard', { ...sent, data: { password: 'hunter2 and more' } });
  await receiver.send({ ...request, body: `${request.body} ` });
  const line = receiver.log.lines.find(({ event }) => event === 'refused');
  assert.deepEqual(
    [line?.level, line?.['reason'], line?.['client']],
    ['warn', 'signature_mismatch', '127.0.0.1'],
  );
  const all = JSON.stringify(receiver.log.lines);
  assert.ok(!all.includes('hunter2') && !all.includes(request.headers['webhook-signature'] ?? '?'));
});

await test('a sender that hangs up in its body leaves no event and no trouble', async (t) => {
  const receiver = await startTestReceiver(t);
  const socket = connect(receiver.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('POST /webhook HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{"type":');
  socket.end();
  await receiver.log.until('not_received');
  assert.equal((await receiver.deliver('evt_1')).status, 200);
  await receiver.log.until('handled');
});

await test('/healthz tells what waits, what is dead and since when', async (t) => {
  const blocked = Promise.withResolvers<void>();
  t.after(() => blocked.resolve());
  const receiver = await startTestReceiver(t, { handle: () => blocked.promise });
  const nothing = { status: 'ok', waiting: 0, dead: 0, oldest_waiting_seconds: 0 };
  assert.deepEqual(await receiver.health(), { status: 200, body: nothing });
  await receiver.deliver('evt_1');
  receiver.inTheFile((db) => db.prepare('update events set received_at = received_at - 90000').run());
  const { body } = await receiver.health();
  assert.equal(body['waiting'], 1);
  assert.ok([90, 91].includes(Number(body['oldest_waiting_seconds'])), JSON.stringify(body));
});

await test('/healthz is for reading only', async (t) => {
  const { port } = await startTestReceiver(t);
  const response = await fetch(`http://127.0.0.1:${port}/healthz`, { method: 'POST' });
  assert.deepEqual([response.status, response.headers.get('allow')], [405, 'GET, HEAD']);
});

await test('an id that cannot be stored as it is would be taken for another one, so it is refused', async (t) => {
  const receiver = await startTestReceiver(t, { environment: { WEBHOOK_DIALECT: 'resource-api' } });
  // JSON can spell halves of characters; SQLite would store both of these as the same text.
  const first = await receiver.deliver('\ud800');
  const second = await receiver.deliver('\ud801');
  assert.deepEqual([first.status, second.status, receiver.log.count('duplicate')], [400, 400, 0]);
});
