import { expect, it } from 'vitest';
import { BellwireError } from '../../packages/server/src/core/errors.ts';
import { createWorld, dataOf, type WorldOptions } from '../support/world.ts';

const SECOND = 1_000;

const fsyncFailed = () => new BellwireError('storage_broken', 'fsync failed');
const diskFull = () => new BellwireError('storage_failed', 'the disk is full', { retry_after_s: 5 });

/** A world whose store rejects every commit while `failing.error` is set. */
const failingWorld = async (error: (() => Error) | null = null, options: WorldOptions = {}) => {
  const failing = { error, rejected: 0 };
  const world = await createWorld({
    ...options,
    wrapStore: (store) => ({
      commitBatch: (batch) => {
        if (failing.error === null) return store.commitBatch(batch);
        failing.rejected += 1;
        return Promise.reject(failing.error());
      },
    }),
  });
  return { world, failing };
};

it('an event is durable when its accept resolves, and not before', async () => {
  const commits: string[] = [];
  await using world = await createWorld({
    wrapStore: (store) => ({
      commitBatch: async (batch) => {
        const result = await store.commitBatch(batch);
        commits.push(...batch.events.map(({ id }) => id));
        return result;
      },
    }),
  });
  const receipt = await world.send();
  expect(commits).toEqual([receipt.id]);
  expect(await world.arrange.events()).toMatchObject([{ id: receipt.id }]);
});

it('all events that one turn of the event loop accepts share one commit', async () => {
  const sizes: number[] = [];
  await using world = await createWorld({
    hooks: [],
    wrapStore: (store) => ({
      commitBatch: (batch) => {
        sizes.push(batch.events.length);
        return store.commitBatch(batch);
      },
    }),
  });
  await world.sendMany(100);
  expect(sizes).toEqual([100]);
});

const slowReceiver = { script: () => ({ status: 200, after_ms: 10 }) };

it('accepts wait while more is due than can be sent, and none of them is lost', async () => {
  const most = { queued: 0, waiting: 0 };
  await using world = await createWorld(slowReceiver);
  const accepted = world.offer(1_000);
  for (let step = 0; step < 200; step += 1) {
    await world.clock.advance(10);
    const { queued, waiting_accepts } = world.loop.gauges();
    most.queued = Math.max(most.queued, queued);
    most.waiting = Math.max(most.waiting, waiting_accepts);
  }
  expect(most.waiting).toBeGreaterThan(256);
  expect(most.queued).toBeLessThanOrEqual(2 * 256);
  await world.live(10 * SECOND);
  const receipts = await Promise.all(accepted);
  expect(new Set(receipts.map(({ id }) => id)).size).toBe(1_000);
  expect(await world.statuses()).toEqual({ succeeded: 1_000 });
  expect(world.sent().map((one) => dataOf(one)['number'])).toEqual(
    Array.from({ length: 1_000 }, (_, index) => index),
  );
});

it('when too many accepts wait, the others are refused as overloaded and not stored; other workspaces are accepted', async () => {
  await using world = await createWorld(slowReceiver);
  const quiet = await world.addWorkspace([]);
  await world.clock.until(Promise.all([world.send(), world.send({}, quiet)]));
  const results = Promise.allSettled(world.offer(6_000));
  const other = world.send({}, quiet);
  await world.live(60 * SECOND);
  await other;
  const refused = (await results).filter(({ status }) => status === 'rejected');
  expect(refused.length).toBeGreaterThan(1_000);
  expect((await results).at(-1)).toMatchObject({ status: 'rejected' });
  const reason = { code: 'overloaded', status: 503, retry_after_s: 1 };
  for (const result of refused) expect(result).toMatchObject({ reason });
  expect(await world.statuses()).toEqual({ succeeded: 1 + 6_000 - refused.length });
  await world.clock.until(world.send());
});

it('a failed commit rejects its accepts and stores nothing of them; the next commit succeeds', async () => {
  const { world, failing } = await failingWorld(diskFull);
  await using _ = world;
  const results = await world.clock.until(Promise.allSettled(world.offer(2)));
  for (const result of results) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'storage_failed', status: 503 } });
  }
  expect(await world.arrange.events()).toEqual([]);
  await world.live(SECOND);
  expect(world.sent()).toEqual([]);
  failing.error = null;
  await world.clock.until(world.send());
  await world.clock.settle();
  expect(world.sent()).toHaveLength(1);
});

it('an error that is not a BellwireError becomes storage_failed without its details', async () => {
  const { world } = await failingWorld(() => new TypeError('secret detail'));
  await using _ = world;
  const [result] = await world.clock.until(Promise.allSettled([world.send()]));
  expect(result).toMatchObject({ reason: { code: 'storage_failed' } });
  expect(JSON.stringify(result)).not.toContain('secret');
});

it('attempts that end while the database fails are recorded once it works again, and not repeated', async () => {
  const { world, failing } = await failingWorld(null, { script: () => ({ status: 200, after_ms: 50 }) });
  await using _ = world;
  for (let index = 0; index < 5; index += 1) await world.send();
  failing.error = diskFull;
  await world.live(10 * SECOND);
  expect(failing.rejected).toBeGreaterThan(5);
  expect(await world.statuses()).toEqual({ sending: 5 });
  failing.error = null;
  await world.live(SECOND);
  expect(await world.statuses()).toEqual({ succeeded: 5 });
  expect(world.sent()).toHaveLength(5);
  expect(await world.arrange.attempts()).toHaveLength(5);
});

it('a stop while the database fails ends with an error and leaves the rest to the next start', async () => {
  const { world, failing } = await failingWorld(null, { script: () => ({ status: 200, after_ms: 50 }) });
  await using _ = world;
  await world.send();
  failing.error = diskFull;
  await world.live(SECOND);
  await expect(world.stop()).rejects.toMatchObject({ code: 'storage_failed' });
  expect(await world.statuses()).toEqual({ sending: 1 });
  failing.error = null;
  await world.boot();
  await world.live(2 * SECOND);
  expect(await world.statuses()).toEqual({ succeeded: 1 });
});

it('a database that can no longer be trusted is reported, and no accept succeeds', async () => {
  const { world } = await failingWorld(fsyncFailed);
  await using _ = world;
  const [result] = await world.clock.until(Promise.allSettled([world.send()]));
  expect(result).toMatchObject({ status: 'rejected', reason: { code: 'storage_broken' } });
  expect(world.broken).toMatchObject([{ code: 'storage_broken' }]);
});

it('events that arrive during a slow commit are stored by the next one', async () => {
  const slow = Promise.withResolvers<void>();
  await using world = await createWorld({
    wrapStore: (store) => ({
      commitBatch: async (batch) => {
        if (batch.events.some(({ type }) => type === 'slow')) await slow.promise;
        return store.commitBatch(batch);
      },
    }),
  });
  const first = world.send({ type: 'slow' });
  await world.clock.settle();
  const next = world.send();
  await world.clock.settle();
  expect(await world.arrange.events()).toEqual([]);
  slow.resolve();
  await world.clock.until(Promise.all([first, next]));
  expect(await world.arrange.events()).toHaveLength(2);
});

it('an unknown workspace or hook, a type unknown to a strict workspace and data that breaks the schema are refused', async () => {
  await using world = await createWorld({
    hooks: [],
    check: async ({ data }) => ('number' in data ? [] : [{ path: 'number', message: 'is missing' }]),
    workspace: {
      strict: true,
      event_types: { 'order.created': { schema: { required: ['number'] } }, 'order.seen': {} },
    },
  });
  for (const [input, code, workspace] of [
    [{}, 'not_found', 'ws_unknown'],
    [{ hook_ids: ['wh_unknown'] }, 'not_found'],
    [{ type: 'order.lost' }, 'unknown_event_type'],
    [{ data: {} }, 'schema_violation'],
  ] as const) {
    await expect(world.send(input, workspace)).rejects.toMatchObject({ code });
  }
  await world.send({ type: 'order.seen', data: {} });
  await world.send();
  expect(await world.arrange.events()).toHaveLength(2);
});

it('an idempotency key returns the first receipt, whatever the order of keys in the data', async () => {
  await using world = await createWorld();
  const key = { idempotency_key: 'k' };
  const first = await world.send({ ...key, data: { a: 1, b: { c: 2, d: 3 } } });
  const again = await world.send({ ...key, data: { b: { d: 3, c: 2 }, a: 1 } });
  expect(again).toEqual(first);
  for (const other of [
    { data: { a: 1, b: { c: 2, d: 4 } } },
    { type: 'order.changed' },
    { previous_data: {} },
    { occurred_at: 1 },
    { hook_ids: [] },
  ]) {
    const input = { data: { a: 1, b: { c: 2, d: 3 } }, ...key, ...other };
    await expect(world.send(input)).rejects.toMatchObject({ code: 'idempotency_conflict', status: 409 });
  }
  await world.clock.settle();
  expect(world.sent()).toHaveLength(1);
});
