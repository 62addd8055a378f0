import assert from 'node:assert/strict';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { handleBy, type Received } from '../src/handling.ts';
import { startTestReceiver } from './support/receivers.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

const failBad = ({ id }: Received): void => {
  if (id === 'bad') throw new Error('always');
};

await test('an event goes to the handler of its type, any other to `otherwise`', async () => {
  const seen: string[] = [];
  const handlers = { 'order.created': () => void seen.push('created') };
  const handle = handleBy(handlers, ({ type }) => void seen.push(`otherwise ${type}`));
  const types = ['order.created', 'order.lost', 'constructor', '__proto__'];
  for (const type of types) await handle({ id: '', type, data: {}, received_at: '', attempt: 1, body: {} });
  assert.deepEqual(seen, ['created', ...types.slice(1).map((type) => `otherwise ${type}`)]);
});

await test('events are handled one at a time, in the order of arrival', async (t) => {
  let current = 0;
  const receiver = await startTestReceiver(t, {
    handle: async () => {
      current += 1;
      assert.equal(current, 1);
      await new Promise(setImmediate);
      current -= 1;
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

await test('CONCURRENCY handlers run at once', async (t) => {
  const all = Promise.withResolvers<void>();
  let current = 0;
  const receiver = await startTestReceiver(t, {
    environment: { CONCURRENCY: '3' },
    handle: async () => {
      current += 1;
      if (current === 3) all.resolve();
      await all.promise;
    },
  });
  for (const id of ['a', 'b', 'c']) await receiver.deliver(id);
  await receiver.log.until('handled', ({ id }) => id === 'c');
});

await test('an event that fails is retried after 1 s to 6 h, up to MAX_ATTEMPTS, and does not hold up the others', async (t) => {
  const receiver = await startTestReceiver(t, { handle: failBad });
  await receiver.deliver('bad');
  const delays: number[] = [];
  for (let attempt = 1; attempt < 8; attempt += 1) {
    const { error } = await receiver.log.until('failed', (line) => line['attempt'] === attempt);
    assert.equal(error, 'always');
    // Handled later, so the failure is in the file by then.
    await receiver.deliver(`after ${attempt}`);
    await receiver.log.until('handled', ({ id }) => id === `after ${attempt}`);
    const [row] = receiver.sql(`select due_at from events where id = 'bad'`) as { readonly due_at: number }[];
    delays.push(Math.round(((row?.due_at ?? 0) - Date.now()) / 1000));
    receiver.sql(`update events set due_at = 0 where id = 'bad'`);
  }
  await receiver.log.until('dead', ({ attempt }) => attempt === 8);
  assert.deepEqual(delays, [1, 5, 30, 120, 600, 3600, 21_600]);
  const attempts = receiver.handled.filter(({ id }) => id === 'bad').map(({ attempt }) => attempt);
  assert.deepEqual(attempts, [1, 2, 3, 4, 5, 6, 7, 8]);
});

await test('a dead event is kept, counted, and recognised when it arrives again', async (t) => {
  const receiver = await startTestReceiver(t, { environment: { MAX_ATTEMPTS: '1' }, handle: failBad });
  await receiver.deliver('bad');
  await receiver.log.until('dead');
  await receiver.deliver('bad');
  const { body } = await receiver.health();
  assert.deepEqual([receiver.log.count('duplicate'), body['waiting'], body['dead']], [1, 0, 1]);
  assert.equal(receiver.handled.length, 1);
});

await test('a handled event loses its body, and its id after KEEP_DAYS', async (t) => {
  const receiver = await startTestReceiver(t, { environment: { KEEP_DAYS: '4' } });
  for (const id of ['old', 'young', 'last']) {
    await receiver.deliver(id);
    await receiver.log.until('handled', (line) => line['id'] === id);
  }
  const age = (id: string, ms: number) =>
    receiver.sql(`update events set settled_at = settled_at - ${ms} where id = '${id}'`);
  age('old', 4 * DAY_MS + 60_000);
  age('young', 4 * DAY_MS - 60_000);
  const left = () => receiver.sql(`select id, body from events where id <> 'last'`);
  while (left().length === 2) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(left(), [{ id: 'young', body: '' }]);
});

await test('an outcome that cannot be written is recorded later, and the event is handled once', async (t) => {
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
  const other = new Database(receiver.inbox_path);
  other.exec('begin immediate');
  go.resolve();
  await receiver.log.until('inbox_not_written');
  other.close();
  const isHandled = () => receiver.sql(`select 1 from events where state = 'handled'`).length === 1;
  while (!isHandled()) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(receiver.handled.length, 1);
});
