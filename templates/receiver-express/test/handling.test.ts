import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handleBy, type Received } from '../src/handling.ts';
import { startTestReceiver } from './support/test-receiver.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

const event = (type: string): Received => ({
  id: 'evt_1',
  type,
  data: {},
  received_at: new Date().toISOString(),
  attempt: 1,
  body: {},
});

await test('an event goes to the handler of its type, any other to `otherwise`', async () => {
  const seen: string[] = [];
  const handlers = { 'order.created': () => void seen.push('created') };
  const handle = handleBy(handlers, ({ type }) => void seen.push(`otherwise ${type}`));
  for (const type of ['order.created', 'order.lost', 'constructor', '__proto__', ''])
    await handle(event(type));
  assert.deepEqual(seen, [
    'created',
    'otherwise order.lost',
    'otherwise constructor',
    'otherwise __proto__',
    'otherwise ',
  ]);
});

await test('events are handled one at a time, in the order of their arrival', async (t) => {
  let under_way = 0;
  const receiver = await startTestReceiver(t, {
    handle: async () => {
      under_way += 1;
      assert.equal(under_way, 1);
      await new Promise(setImmediate);
      under_way -= 1;
    },
  });
  const ids = Array.from({ length: 150 }, (_, n) => `evt_${n}`);
  for (const id of ids) await receiver.deliver(id);
  await receiver.log.until('handled', ({ id }) => id === 'evt_149');
  assert.deepEqual(
    receiver.handled.map(({ id }) => id),
    ids,
  );
  assert.equal(receiver.log.count('failed'), 0);
});

await test('as many handlers run at once as CONCURRENCY says', async (t) => {
  const all = Promise.withResolvers<void>();
  let under_way = 0;
  const receiver = await startTestReceiver(t, {
    environment: { CONCURRENCY: '3' },
    handle: async () => {
      under_way += 1;
      if (under_way === 3) all.resolve();
      await all.promise;
    },
  });
  // The first one must not be fetched alone.
  receiver.inTheFile((db) =>
    db.exec(
      `insert into events (id, type, dialect, content_type, body, received_at) values
      ('a', 't', 'standard', '', '{}', 0), ('b', 't', 'standard', '', '{}', 0), ('c', 't', 'standard', '', '{}', 0)`.replaceAll(
        `'{}'`,
        `x'7b7d'`,
      ),
    ),
  );
  await receiver.log.until('handled', ({ id }) => id === 'c');
});

await test('an event that fails is tried again with its number of the attempt', async (t) => {
  const receiver = await startTestReceiver(t, {
    handle: ({ attempt }) => {
      if (attempt < 2) throw new Error('not yet');
    },
  });
  await receiver.deliver('evt_1');
  await receiver.log.until('handled');
  assert.deepEqual(
    receiver.handled.map(({ attempt }) => attempt),
    [1, 2],
  );
  const failed = receiver.log.lines.find(({ event: name }) => name === 'failed');
  assert.equal(failed?.['error'], 'not yet');
});

await test('one that fails does not hold up the others', async (t) => {
  const receiver = await startTestReceiver(t, {
    handle: ({ id }) => {
      if (id === 'bad') throw new Error('always');
    },
  });
  await receiver.deliver('bad');
  await receiver.deliver('good');
  await receiver.log.until('handled', ({ id }) => id === 'good');
  assert.equal((await receiver.health()).body['waiting'], 1);
});

await test('the delays grow from a second to six hours, and MAX_ATTEMPTS ends them', async (t) => {
  const receiver = await startTestReceiver(t, {
    handle: ({ id }) => {
      if (id === 'bad') throw new Error('always');
    },
  });
  await receiver.deliver('bad');
  const delays: number[] = [];
  for (let attempt = 1; attempt < 8; attempt += 1) {
    await receiver.log.until('failed', (line) => line['attempt'] === attempt);
    // What comes later is written later: then the failure is in the file.
    await receiver.deliver(`after ${attempt}`);
    await receiver.log.until('handled', ({ id }) => id === `after ${attempt}`);
    const due_in = receiver.inTheFile((db) => {
      const due_at = db.prepare<[], number>(`select due_at from events where id = 'bad'`).pluck().get() ?? 0;
      db.prepare(`update events set due_at = 0 where id = 'bad'`).run();
      return due_at - Date.now();
    });
    delays.push(Math.round(due_in / 1000));
    await receiver.deliver(`wake ${attempt}`);
  }
  await receiver.log.until('dead', ({ attempt }) => attempt === 8);
  assert.deepEqual(delays, [1, 5, 30, 120, 600, 3600, 21_600]);
});

await test('a dead event is kept, counted, and known when it comes again', async (t) => {
  const receiver = await startTestReceiver(t, {
    environment: { MAX_ATTEMPTS: '1' },
    handle: () => Promise.reject(new Error('always')),
  });
  await receiver.deliver('evt_1');
  await receiver.log.until('dead');
  await receiver.deliver('evt_1');
  assert.equal(receiver.log.count('duplicate'), 1);
  const { body } = await receiver.health();
  assert.deepEqual([body['waiting'], body['dead']], [0, 1]);
  assert.equal(receiver.handled.length, 1);
});

await test('a handled event leaves its body; its id is forgotten after KEEP_DAYS and not before', async (t) => {
  const receiver = await startTestReceiver(t, { environment: { KEEP_DAYS: '4' } });
  await receiver.deliver('old');
  await receiver.deliver('young');
  await receiver.log.until('handled', ({ id }) => id === 'young');
  await receiver.deliver('now');
  await receiver.log.until('handled', ({ id }) => id === 'now');
  const makeOlder = (id: string, ms: number) =>
    receiver.inTheFile((db) =>
      db.prepare('update events set settled_at = settled_at - ? where id = ?').run(ms, id),
    );
  makeOlder('old', 4 * DAY_MS + 60_000);
  makeOlder('young', 4 * DAY_MS - 60_000);
  const left = () =>
    receiver.inTheFile((db) =>
      db
        .prepare<[], { id: string; size: number }>('select id, length(body) as size from events order by seq')
        .all(),
    );
  while (left().length === 3) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(left(), [
    { id: 'young', size: 0 },
    { id: 'now', size: 0 },
  ]);
});

await test('what waits when the inbox cannot be written is handled once and recorded later', async (t) => {
  const begun = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const receiver = await startTestReceiver(t, {
    handle: async () => {
      begun.resolve();
      await go.promise;
    },
  });
  await receiver.deliver('evt_1');
  await begun.promise;
  const { default: Database } = await import('better-sqlite3');
  const other = new Database(receiver.inbox_path);
  other.exec('begin immediate');
  go.resolve();
  await receiver.log.until('inbox_not_written');
  other.exec('rollback');
  other.close();
  const state = () =>
    receiver.inTheFile((db) => db.prepare<[], string>('select state from events').pluck().get());
  while (state() === 'waiting') await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(state(), 'handled');
  assert.equal(receiver.handled.length, 1);
});
