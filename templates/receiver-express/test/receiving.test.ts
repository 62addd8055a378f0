import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { once } from 'node:events';
import { copyFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { commitDurably, openInboxFile } from '../src/inbox.ts';
import { type DialectName, type ReceiverDialect, receiverDialects } from '../src/verify.ts';
import { requestOf, signed } from './support/requests.ts';
import { startTestReceiver, temporaryFolder } from './support/receivers.ts';

const sent = { id: 'evt_1', type: 'order.created', data: { n: 1 } };

const textOf = (body: string | object): string => (typeof body === 'string' ? body : JSON.stringify(body));

for (const name of Object.keys(receiverDialects) as DialectName[]) {
  const { accepted, refused, pings, methods, previous_data, type }: ReceiverDialect = receiverDialects[name];
  const environment = { WEBHOOK_DIALECT: name, WEBHOOK_PREVIOUS_SECRETS: 'older, the old secret' };

  await test(`${name}: an event is answered as its senders expect, and handled with its id, type and data`, async (t) => {
    const receiver = await startTestReceiver(t, { environment });
    const { status, text, headers } = await receiver.send(requestOf(name, sent));
    const content_type =
      typeof accepted.body === 'object'
        ? 'application/json'
        : accepted.body === ''
          ? null
          : 'text/plain; charset=utf-8';
    assert.deepEqual(
      [status, text, headers.get('content-type')],
      [accepted.status, textOf(accepted.body), content_type],
    );
    await receiver.log.until('handled');
    const [event] = receiver.handled;
    const isBody = ['svix', 'slack'].includes(name) && 'field' in type;
    assert.deepEqual([event?.id, event?.type], ['evt_1', 'order.created']);
    assert.deepEqual(event?.data, isBody ? { type: 'order.created', n: 1 } : { n: 1 });
    assert.deepEqual(event?.previous_data, previous_data ? { n: 0 } : undefined);
  });

  await test(`${name}: another secret is refused as its senders expect, a previous one is accepted`, async (t) => {
    const receiver = await startTestReceiver(t, { environment });
    const { status, text } = await receiver.send(requestOf(name, sent, 'another secret'));
    assert.deepEqual([status, text], [refused.status, textOf(refused.body)]);
    assert.equal((await receiver.log.until('refused'))['reason'], 'signature_mismatch');
    assert.equal(receiver.log.count('stored'), 0);
    assert.equal((await receiver.send(requestOf(name, sent, 'the old secret'))).status, accepted.status);
  });

  await test(`${name}: pings are answered like events, and neither stored nor handled`, async (t) => {
    const receiver = await startTestReceiver(t, { environment });
    for (const ping of pings) {
      const { status, text } = await receiver.send(requestOf(name, { ...sent, type: ping }));
      assert.deepEqual([status, text], [accepted.status, textOf(accepted.body)]);
    }
    assert.deepEqual(
      [receiver.log.count('pinged'), receiver.sql('select * from events')],
      [pings.length, []],
    );
  });

  await test(`${name}: takes ${methods.join(', ')} and nothing else, at its path and nowhere else`, async (t) => {
    const receiver = await startTestReceiver(t, { environment });
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const { status, headers } = await receiver.send({
        ...requestOf(name, { ...sent, id: method }),
        method,
      });
      assert.equal(status, methods.includes(method) ? 200 : 405, method);
      if (status === 405) assert.equal(headers.get('allow'), methods.join(', '));
    }
    assert.equal((await receiver.send({ ...requestOf(name, sent), path: '/elsewhere' })).status, 404);
  });
}

await test('copies of an event are answered alike and handled once, also after a restart', async (t) => {
  const before = await startTestReceiver(t);
  const answers = await Promise.all(Array.from({ length: 100 }, () => before.deliver('evt_1')));
  assert.equal(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size, 1);
  assert.deepEqual([before.log.count('stored'), before.log.count('duplicate')], [1, 99]);
  await before.log.until('handled');
  await before.stop();
  const after = await startTestReceiver(t, { folder: before.folder });
  assert.equal((await after.deliver('evt_1')).status, 200);
  await after.deliver('evt_2');
  await after.log.until('handled', ({ id }) => id === 'evt_2');
  assert.deepEqual([before.handled.length, after.handled.length], [1, 1]);
});

await test('what is answered is in the file', async (t) => {
  const blocked = Promise.withResolvers<void>();
  t.after(() => blocked.resolve());
  const receiver = await startTestReceiver(t, { handle: () => blocked.promise });
  await receiver.deliver('evt_1');
  const body = '{"type":"order.created","data":{"n":1}}';
  const row = { id: 'evt_1', type: 'order.created', state: 'waiting', body };
  assert.deepEqual(receiver.sql('select id, type, state, body from events'), [row]);
});

await test('the commit of an arrival waits for the disk (synchronous=FULL), in a new inbox and in an old one', () => {
  const path = join(temporaryFolder(), 'deeper', 'inbox.db');
  for (const id of ['evt_1', 'evt_2']) {
    const db = openInboxFile(path);
    const synchronous = commitDurably(db, () => {
      db.exec(`insert into events (id, type, dialect, body, received_at) values ('${id}', '', '', '', 0)`);
      return db.pragma('synchronous', { simple: true });
    });
    assert.equal(synchronous, 2);
    db.close();
  }
  assert.throws(
    () => openInboxFile(join(path, '..')),
    /^Error: The inbox at .* cannot be opened: .*INBOX_PATH .*\.$/,
  );
});

await test('a body of 1 MiB is accepted, one byte more is 413, a compressed one is 415', async (t) => {
  const receiver = await startTestReceiver(t);
  const start = '{"type":"a","data":{"text":"';
  const sized = (id: string, size: number) =>
    signed('standard', { id, type: '', body: `${start}${'x'.repeat(size - start.length - 3)}"}}` });
  assert.equal((await receiver.send(sized('evt_1', 1_048_576))).status, 200);
  assert.equal((await receiver.send(sized('evt_2', 1_048_577))).status, 413);
  const request = requestOf('standard', sent);
  const headers = { ...request.headers, 'content-encoding': 'gzip' };
  assert.equal((await receiver.send({ ...request, headers })).status, 415);
});

await test('a genuine body that is not a JSON object is 400', async (t) => {
  const receiver = await startTestReceiver(t);
  for (const body of ['{"type":', '[]', 'null', '']) {
    const { status, text } = await receiver.send(signed('standard', { ...sent, body }));
    assert.deepEqual([body, status, text], [body, 400, '{"error":"The body is not a JSON object"}']);
  }
  assert.equal(receiver.log.count('unreadable'), 4);
});

await test('an event without a usable id is 400, as text where the dialect has text', async (t) => {
  const receiver = await startTestReceiver(t, { environment: { WEBHOOK_DIALECT: 'connect2print' } });
  // Lone surrogates: SQLite would store both as the same text.
  for (const id of ['', '\ud800', '\ud801']) {
    const { status, text } = await receiver.deliver(id);
    assert.deepEqual([status, text], [400, 'The event has no id']);
  }
});

await test('an event may arrive as a form with its JSON in `payload`', async (t) => {
  const receiver = await startTestReceiver(t);
  const form = new URLSearchParams({ payload: '{"type":"order.created","data":{"text":"Grüße & more"}}' });
  const request = signed('standard', { ...sent, body: form.toString() });
  const headers = { ...request.headers, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  assert.equal((await receiver.send({ ...request, headers })).status, 200);
  await receiver.log.until('handled');
  assert.deepEqual(
    [receiver.handled[0]?.type, receiver.handled[0]?.data],
    [sent.type, { text: 'Grüße & more' }],
  );
});

await test('a full inbox answers 429 with Retry-After, but recognises what it has', async (t) => {
  const blocked = Promise.withResolvers<void>();
  t.after(() => blocked.resolve());
  const receiver = await startTestReceiver(t, {
    environment: { INBOX_LIMIT: '2' },
    handle: () => blocked.promise,
  });
  for (const id of ['evt_1', 'evt_2', 'evt_2']) assert.equal((await receiver.deliver(id)).status, 200);
  const { status, headers } = await receiver.deliver('evt_3');
  assert.deepEqual([status, headers.get('retry-after')], [429, '30']);
  assert.equal((await receiver.deliver('evt_2')).status, 200);
  blocked.resolve();
  await receiver.log.until('handled', ({ id }) => id === 'evt_2');
  assert.equal((await receiver.deliver('evt_3')).status, 200);
});

await test('a client that sends too often is answered 429; behind a trusted proxy each client counts alone', async (t) => {
  const receiver = await startTestReceiver(t, { environment: { RATE_LIMIT: '3', TRUST_PROXY: '1' } });
  const from = (client: string, id: string) => {
    const request = requestOf('standard', { ...sent, id });
    return receiver.send({ ...request, headers: { ...request.headers, 'x-forwarded-for': client } });
  };
  const many = await Promise.all(Array.from({ length: 20 }, (_, n) => from('192.0.2.1', `a${n}`)));
  const limited = many.filter(({ status }) => status === 429);
  // The twenty may fall into two seconds.
  assert.ok(limited.length >= 14, `${limited.length} were limited`);
  assert.equal(limited[0]?.headers.get('retry-after'), '1');
  const others = await Promise.all(Array.from({ length: 9 }, (_, n) => from(`192.0.2.${n + 2}`, `b${n}`)));
  assert.deepEqual(
    others.map(({ status }) => status),
    Array(9).fill(200),
  );
});

await test('an inbox that cannot be written answers 503 with Retry-After, and accepts the event later', async (t) => {
  const receiver = await startTestReceiver(t);
  const other = new Database(receiver.inbox_path);
  other.exec('begin immediate');
  const { status, headers } = await receiver.deliver('evt_1');
  assert.deepEqual([status, headers.get('retry-after')], [503, '30']);
  other.close();
  assert.equal((await receiver.deliver('evt_1')).status, 200);
  await receiver.log.until('handled');
});

const losses: Readonly<Record<string, (path: string) => void>> = {
  deleted: (path) => rmSync(path),
  replaced: (path) => {
    copyFileSync(path, `${path}-copy`);
    renameSync(`${path}-copy`, path);
  },
};

for (const [what, lose] of Object.entries(losses)) {
  await test(`an inbox that was ${what} accepts nothing, not even pings, and /healthz says so`, async (t) => {
    const receiver = await startTestReceiver(t);
    assert.equal((await receiver.deliver('evt_1')).status, 200);
    lose(receiver.inbox_path);
    for (const [id, type] of [
      ['evt_1', 'any'],
      ['evt_2', 'any'],
      ['evt_3', 'ping'],
    ] as const) {
      const { status, headers } = await receiver.deliver(id, type);
      assert.deepEqual([status, headers.get('retry-after')], [503, '30']);
    }
    assert.deepEqual(await receiver.health(), { status: 503, body: { status: 'inbox_lost' } });
    assert.match(
      String((await receiver.log.until('not_stored'))['error']),
      /was deleted or replaced. Restart/,
    );
  });
}

await test('the log of a refusal has reason, detail and client, and nothing of the request', async (t) => {
  const receiver = await startTestReceiver(t);
  const request = requestOf('standard', { ...sent, data: { password: 'hunter2 and more' } });
  await receiver.send({ ...request, body: `${request.body} ` });
  const { level, reason, client } = await receiver.log.until('refused');
  assert.deepEqual([level, reason, client], ['warn', 'body_changed', '127.0.0.1']);
  const all = JSON.stringify(receiver.log.lines);
  assert.ok(!all.includes('hunter2') && !all.includes(request.headers['webhook-signature'] ?? '?'));
});

await test('a sender that hangs up within its body leaves no event', async (t) => {
  const receiver = await startTestReceiver(t);
  const socket = connect(receiver.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('POST /webhook HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{"type":');
  socket.end();
  await receiver.log.until('not_received');
  assert.equal((await receiver.deliver('evt_1')).status, 200);
});

await test('/healthz reports what waits, what is dead and since when, to GET and HEAD only', async (t) => {
  const blocked = Promise.withResolvers<void>();
  t.after(() => blocked.resolve());
  const receiver = await startTestReceiver(t, { handle: () => blocked.promise });
  const idle = { status: 'ok', waiting: 0, dead: 0, oldest_waiting_seconds: 0 };
  assert.deepEqual(await receiver.health(), { status: 200, body: idle });
  await receiver.deliver('evt_1');
  receiver.sql('update events set received_at = received_at - 90000');
  const { body } = await receiver.health();
  assert.equal(body['waiting'], 1);
  assert.ok([90, 91].includes(Number(body['oldest_waiting_seconds'])), JSON.stringify(body));
  const response = await fetch(`http://127.0.0.1:${receiver.port}/healthz`, { method: 'POST' });
  assert.deepEqual([response.status, response.headers.get('allow')], [405, 'GET, HEAD']);
});
