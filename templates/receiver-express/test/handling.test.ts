import assert from 'node:assert/strict';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { startReceiver } from './support/receivers.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

await test('an event goes to the handler of its type, any other to `otherwise`', async (t) => {
  const receiver = await startReceiver(t);
  for (const type of ['order.created', 'order.lost', 'constructor', '__proto__']) {
    await receiver.deliver(type, type);
    await receiver.until('handled', { type });
  }
  assert.deepEqual(receiver.ids('order_created'), ['order.created']);
  assert.deepEqual(receiver.ids('done'), ['order.lost', 'constructor', '__proto__']);
});

await test('events are handled one at a time, in the order of arrival', async (t) => {
  const receiver = await startReceiver(t);
  const ids = Array.from({ length: 50 }, (_, n) => `evt_${n}`);
  for (const id of ids) await receiver.deliver(id);
  await receiver.until('handled', { id: 'evt_49' });
  const steps = receiver.lines.filter(({ event }) => event === 'begun' || event === 'done');
  assert.deepEqual(
    steps.map(({ event, id }) => [event, id]),
    ids.flatMap((id) => [
      ['begun', id],
      ['done', id],
    ]),
  );
});

await test('an event that fails is retried after 1 s to 6 h and does not hold up the others; then it is a dead letter', async (t) => {
  const receiver = await startReceiver(t, { environment: { FAIL: 'bad' } });
  await receiver.deliver('bad', 'bad');
  const delays: number[] = [];
  for (let attempt = 1; attempt < 8; attempt += 1) {
    assert.equal((await receiver.until('failed', { attempt }))['error'], 'Error: always');
    const [row] = receiver.sql(`select due_at from events where id = 'bad'`) as { readonly due_at: number }[];
    delays.push(Math.round(((row?.due_at ?? 0) - Date.now()) / 1000));
    await receiver.deliver(`after ${attempt}`);
    await receiver.until('handled', { id: `after ${attempt}` });
    receiver.sql(`update events set due_at = 0 where id = 'bad'`);
  }
  await receiver.until('dead', { attempt: 8 });
  assert.deepEqual(delays, [1, 5, 30, 120, 600, 3600, 21_600]);
  await receiver.deliver('bad', 'bad');
  assert.deepEqual([receiver.ids('duplicate'), (await receiver.health()).body['dead']], [['bad'], 1]);
});

await test('the id of a handled event is deleted after KEEP_DAYS', async (t) => {
  const receiver = await startReceiver(t, { environment: { KEEP_DAYS: '4' } });
  const handle = async (id: string) => {
    await receiver.deliver(id);
    await receiver.until('handled', { id });
  };
  for (const id of ['old', 'young']) await handle(id);
  const age = (id: string, ms: number) =>
    receiver.sql(`update events set handled_at = handled_at - ${ms} where id = '${id}'`);
  age('old', 4 * DAY_MS + 60_000);
  age('young', 4 * DAY_MS - 60_000);
  await handle('last');
  assert.deepEqual(receiver.sql('select id from events order by seq'), [{ id: 'young' }, { id: 'last' }]);
});

await test('an outcome that cannot be written is recorded later, and the event is handled once', async (t) => {
  const receiver = await startReceiver(t);
  receiver.hold();
  await receiver.deliver('evt_1');
  await receiver.until('begun');
  const other = new Database(receiver.inbox_path);
  other.exec('begin immediate');
  receiver.release();
  await receiver.until('inbox_not_written');
  other.close();
  await receiver.until('handled');
  assert.deepEqual(receiver.ids('done'), ['evt_1']);
});
