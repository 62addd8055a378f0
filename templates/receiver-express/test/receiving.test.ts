import assert from 'node:assert/strict';
import { copyFileSync, renameSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { type DialectName, type ReceiverDialect, receiverDialects } from '../src/verify.ts';
import { startReceiver } from './support/receivers.ts';
import { requestOf, signed } from './support/requests.ts';

const sent = { id: 'evt_1', type: 'order.changed', data: { n: 1 } };

const textOf = (body: string | object): string => (typeof body === 'string' ? body : JSON.stringify(body));

for (const name of Object.keys(receiverDialects) as DialectName[]) {
  const dialect: ReceiverDialect = receiverDialects[name];
  const accepted = [dialect.accepted.status, textOf(dialect.accepted.body)];
  const environment = { WEBHOOK_DIALECT: name, WEBHOOK_PREVIOUS_SECRETS: 'older, the old secret' };

  await test(`${name}: genuine events are handled, forgeries refused and pings answered as its senders expect`, async (t) => {
    const receiver = await startReceiver(t, { environment });
    const answerTo = async (...request: Parameters<typeof requestOf>) => {
      const { status, text } = await receiver.send(requestOf(...request));
      return [status, text];
    };
    assert.deepEqual(await answerTo(name, sent), accepted);
    const { id, type, data, previous_data } = await receiver.until('done');
    const isBody = ['svix', 'slack'].includes(name);
    assert.deepEqual([id, type], [sent.id, sent.type]);
    assert.deepEqual(data, isBody ? { type: sent.type, n: 1 } : { n: 1 });
    assert.deepEqual(previous_data, dialect.previous_data ? { n: 0 } : undefined);

    const { status, body } = dialect.refused;
    const other = { ...sent, id: 'evt_2' };
    assert.deepEqual(await answerTo(name, other, 'another secret'), [status, textOf(body)]);
    assert.equal((await receiver.until('refused'))['reason'], 'signature_mismatch');
    for (const ping of dialect.pings)
      assert.deepEqual(await answerTo(name, { ...other, type: ping }), accepted);
    assert.deepEqual(receiver.sql('select id from events'), [{ id: sent.id }]);
    assert.deepEqual(await answerTo(name, other, 'the old secret'), accepted);

    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const expected = dialect.methods.includes(method) ? accepted[0] : 405;
      assert.equal((await receiver.send({ ...requestOf(name, sent), method })).status, expected);
    }
    assert.equal((await receiver.send({ ...requestOf(name, sent), path: '/elsewhere' })).status, 404);
  });
}

await test('copies of an event are answered alike and handled once, also after a restart', async (t) => {
  const before = await startReceiver(t);
  const answers = await Promise.all(Array.from({ length: 50 }, () => before.deliver('evt_1')));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  assert.deepEqual([before.ids('stored').length, before.ids('duplicate').length], [1, 49]);
  await before.until('handled');
  await before.end('SIGTERM');
  const after = await startReceiver(t, { folder: before.folder });
  assert.equal((await after.deliver('evt_1')).status, 200);
  await after.deliver('evt_2');
  await after.until('handled');
  assert.deepEqual([before.ids('done'), after.ids('done')], [['evt_1'], ['evt_2']]);
});

await test('what is answered is in the file; a handled event keeps only its id', async (t) => {
  const receiver = await startReceiver(t);
  receiver.hold();
  await receiver.deliver('evt_1');
  const body = '{"type":"any","data":{"n":1}}';
  assert.deepEqual(receiver.sql('select id, type, body from events'), [{ id: 'evt_1', type: 'any', body }]);
  receiver.release();
  await receiver.until('handled');
  assert.deepEqual(receiver.sql('select id, state, body from events'), [
    { id: 'evt_1', state: 'handled', body: '' },
  ]);
});

await test('only a complete JSON object with an id, also in a form, uncompressed and of at most 1 MiB, is accepted', async (t) => {
  const receiver = await startReceiver(t);
  const statusOf = async (content: object, headers: Readonly<Record<string, string>> = {}) => {
    const request = signed('standard', { id: 'evt_1', type: '', body: '{}', ...content });
    return (await receiver.send({ ...request, headers: { ...request.headers, ...headers } })).status;
  };
  assert.equal(await statusOf({ body: `{"data":"${'x'.repeat(1_048_565)}"}` }), 200);
  assert.equal(await statusOf({ id: 'evt_2', body: `{"data":"${'x'.repeat(1_048_566)}"}` }), 413);
  assert.equal(await statusOf({ id: 'evt_2' }, { 'content-encoding': 'gzip' }), 415);
  for (const body of ['{"type":', '[]', 'null', '']) assert.equal(await statusOf({ body }), 400, body);
  const socket = connect(receiver.port, '127.0.0.1');
  socket.end('POST /webhook HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{"type":');
  await receiver.until('not_received', { error: 'request aborted' });
  assert.equal(receiver.ids('stored').length, 1);
  const body = new URLSearchParams({ payload: '{"type":"any","data":"Grüße & more"}' }).toString();
  const type = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  assert.equal(await statusOf({ id: 'evt_3', body }, type), 200);
  await receiver.until('done', { id: 'evt_3', data: 'Grüße & more' });
  const fields = await startReceiver(t, { environment: { WEBHOOK_DIALECT: 'connect2print' } });
  // Lone surrogates: SQLite would store both as the same text.
  for (const id of ['', '\ud800', '\ud801']) assert.equal((await fields.deliver(id)).status, 400);
});

await test('a full inbox answers 429 with Retry-After, but recognises what it has', async (t) => {
  const receiver = await startReceiver(t, { environment: { INBOX_LIMIT: '2' } });
  receiver.hold();
  for (const id of ['evt_1', 'evt_2', 'evt_2']) assert.equal((await receiver.deliver(id)).status, 200);
  const { status, headers } = await receiver.deliver('evt_3');
  assert.deepEqual([status, headers.get('retry-after')], [429, '30']);
  receiver.release();
  await receiver.until('handled', { id: 'evt_2' });
  assert.equal((await receiver.deliver('evt_3')).status, 200);
});

await test('an inbox that cannot be written answers 503 with Retry-After, and accepts the event later', async (t) => {
  const receiver = await startReceiver(t);
  const other = new Database(receiver.inbox_path);
  other.exec('begin immediate');
  const { status, headers } = await receiver.deliver('evt_1');
  assert.deepEqual([status, headers.get('retry-after')], [503, '30']);
  other.close();
  assert.equal((await receiver.deliver('evt_1')).status, 200);
  await receiver.until('handled');
});

const losses: Readonly<Record<string, (path: string) => void>> = {
  deleted: (path) => rmSync(path),
  replaced: (path) => {
    copyFileSync(path, `${path}-copy`);
    renameSync(`${path}-copy`, path);
  },
};

for (const [what, lose] of Object.entries(losses)) {
  await test(`an inbox that was ${what} accepts nothing, not even pings, and /healthz answers 503`, async (t) => {
    const receiver = await startReceiver(t);
    assert.equal((await receiver.deliver('evt_1')).status, 200);
    lose(receiver.inbox_path);
    for (const id of ['evt_1', 'evt_2']) assert.equal((await receiver.deliver(id)).status, 503);
    assert.equal((await receiver.deliver('evt_3', 'ping')).status, 503);
    assert.equal((await receiver.health()).status, 503);
    assert.match(String((await receiver.until('not_received'))['error']), /was deleted or replaced. Restart/);
  });
}

await test('the log explains a refusal, and contains nothing of the request', async (t) => {
  const receiver = await startReceiver(t);
  const request = requestOf('standard', { ...sent, data: { password: 'hunter2 and more' } });
  await receiver.send({ ...request, body: `${request.body} ` });
  const { level, reason, client } = await receiver.until('refused');
  assert.deepEqual([level, reason, client], ['warn', 'body_changed', '127.0.0.1']);
  const all = JSON.stringify(receiver.lines);
  assert.ok(!all.includes('hunter2') && !all.includes(request.headers['webhook-signature'] ?? '?'));
});

await test('/healthz reports what waits, what is dead and since when', async (t) => {
  const receiver = await startReceiver(t, { environment: { FAIL: 'bad', MAX_ATTEMPTS: '1' } });
  const idle = { status: 'ok', waiting: 0, dead: 0, oldest_waiting_seconds: 0 };
  assert.deepEqual(await receiver.health(), { status: 200, body: idle });
  await receiver.deliver('evt_0', 'bad');
  await receiver.until('dead');
  receiver.hold();
  await receiver.deliver('evt_1');
  receiver.sql('update events set received_at = received_at - 90000');
  const { waiting, dead, oldest_waiting_seconds } = (await receiver.health()).body;
  assert.deepEqual([waiting, dead], [1, 1]);
  assert.ok([90, 91].includes(Number(oldest_waiting_seconds)));
});
