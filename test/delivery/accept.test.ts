import { expect, it } from 'vitest';
import { BellwireError } from '../../packages/server/src/core/errors.ts';
import type { Store } from '../../packages/server/src/ports/store.ts';
import { countStatuses, createWorld, dataOf } from '../support/world.ts';

const SECOND = 1_000;

/** A store whose commits are refused while the gate says so. */
const refusing =
  (state: { refuse: boolean; error: () => Error; refused?: number }) =>
  (store: Store): Store => ({
    ...store,
    commitBatch: (turn) => {
      if (!state.refuse) return store.commitBatch(turn);
      state.refused = (state.refused ?? 0) + 1;
      return Promise.reject(state.error());
    },
  });

const fsyncFailed = () => new BellwireError('storage_broken', 'fsync failed');
const diskFull = () => new BellwireError('storage_failed', 'the disk is full', { retry_after_s: 5 });

it('an event is durable when its accept resolves, and not before', async () => {
  const commits: string[] = [];
  await using world = await createWorld({
    wrapStore: (store) => ({
      ...store,
      commitBatch: async (turn) => {
        const result = await store.commitBatch(turn);
        commits.push(...turn.events.map(({ id }) => id));
        return result;
      },
    }),
  });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace);
  const receipt = await world.send(workspace);
  expect(commits).toEqual([receipt.id]);
  expect(await world.arrange.events()).toMatchObject([{ id: receipt.id }]);
});

it('what one turn of the loop accepts is one commit', async () => {
  const sizes: number[] = [];
  await using world = await createWorld({
    wrapStore: (store) => ({
      ...store,
      commitBatch: (turn) => {
        sizes.push(turn.events.length);
        return store.commitBatch(turn);
      },
    }),
  });
  const workspace = await world.arrange.addWorkspace();
  await world.clock.until(Promise.all(Array.from({ length: 100 }, () => world.send(workspace))));
  expect(sizes).toEqual([100]);
});

it('accepts wait while more is due than can be sent, and none of them is lost', async () => {
  const state = { queued: 0, waiting: 0 };
  await using world = await createWorld({ script: () => ({ status: 200, after_ms: 10 }) });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace);
  const accepted = Array.from({ length: 1_000 }, (_, number) => world.send(workspace, { data: { number } }));
  for (let step = 0; step < 200; step += 1) {
    await world.clock.advance(10);
    const { queued, waiting_accepts } = world.loop.gauges();
    state.queued = Math.max(state.queued, queued);
    state.waiting = Math.max(state.waiting, waiting_accepts);
  }
  expect(state.waiting).toBeGreaterThan(256);
  expect(state.queued).toBeLessThanOrEqual(2 * 256);
  await world.live(10 * SECOND);
  const receipts = await Promise.all(accepted);
  expect(new Set(receipts.map(({ id }) => id)).size).toBe(1_000);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 1_000 });
  expect(world.sent().map((one) => dataOf(one)['number'])).toEqual(
    Array.from({ length: 1_000 }, (_, index) => index),
  );
});

it('when too many wait, more are refused as overloaded, with nothing stored of them', async () => {
  await using world = await createWorld({ script: () => ({ status: 200, after_ms: 10 }) });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace);
  const results = Promise.allSettled(Array.from({ length: 6_000 }, () => world.send(workspace)));
  await world.live(60 * SECOND);
  const refused = (await results).filter(({ status }) => status === 'rejected');
  expect(refused.length).toBeGreaterThan(1_000);
  const reason = { code: 'overloaded', status: 503, retry_after_s: 1 };
  for (const result of refused) expect(result).toMatchObject({ reason });
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 6_000 - refused.length });
  await world.clock.until(world.send(workspace));
});

it('a workspace of which nothing waits is accepted while another is refused as overloaded', async () => {
  await using world = await createWorld({ script: () => ({ status: 200, after_ms: 10 }) });
  const [loud, quiet] = [await world.arrange.addWorkspace(), await world.arrange.addWorkspace()];
  await world.arrange.addHook(loud);
  await world.clock.until(Promise.all([world.send(loud), world.send(quiet)]));
  const dump = Promise.allSettled(Array.from({ length: 6_000 }, () => world.send(loud)));
  const other = world.send(quiet);
  await world.live(60 * SECOND);
  expect((await dump).at(-1)).toMatchObject({ reason: { code: 'overloaded' } });
  await other;
});

it('when a commit fails, its accepts are told so, nothing of it is stored, and the next ones go on', async () => {
  const state = { refuse: true, error: diskFull };
  await using world = await createWorld({ wrapStore: refusing(state) });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace);
  const results = await world.clock.until(Promise.allSettled([world.send(workspace), world.send(workspace)]));
  for (const result of results) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'storage_failed', status: 503 } });
  }
  expect(await world.arrange.events()).toEqual([]);
  await world.live(SECOND);
  expect(world.sent()).toEqual([]);
  state.refuse = false;
  await world.clock.until(world.send(workspace));
  await world.clock.settle();
  expect(world.sent()).toHaveLength(1);
});

it('an error that is no BellwireError becomes storage_failed without telling what it was', async () => {
  const state = { refuse: true, error: () => new TypeError('secret detail') };
  await using world = await createWorld({ wrapStore: refusing(state) });
  const workspace = await world.arrange.addWorkspace();
  const [result] = await world.clock.until(Promise.allSettled([world.send(workspace)]));
  expect(result).toMatchObject({ reason: { code: 'storage_failed' } });
  expect(JSON.stringify(result)).not.toContain('secret');
});

it('attempts that ended while the database failed are recorded when it works again, and not made twice', async () => {
  const state: Parameters<typeof refusing>[0] = { refuse: false, error: diskFull };
  await using world = await createWorld({
    script: () => ({ status: 200, after_ms: 50 }),
    wrapStore: refusing(state),
  });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace);
  for (let index = 0; index < 5; index += 1) await world.send(workspace);
  state.refuse = true;
  await world.live(10 * SECOND);
  expect(state.refused).toBeGreaterThan(5);
  expect(await countStatuses(world.arrange)).toEqual({ sending: 5 });
  state.refuse = false;
  await world.live(SECOND);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 5 });
  expect(world.sent()).toHaveLength(5);
  expect(await world.arrange.attempts()).toHaveLength(5);
});

it('a stop ends while the database fails, says so, and leaves the rest to the next start', async () => {
  const state: Parameters<typeof refusing>[0] = { refuse: false, error: diskFull };
  await using world = await createWorld({
    script: () => ({ status: 200, after_ms: 50 }),
    wrapStore: refusing(state),
  });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace);
  await world.send(workspace);
  state.refuse = true;
  await world.live(SECOND);
  await expect(world.clock.until(world.loop.stop())).rejects.toMatchObject({ code: 'storage_failed' });
  expect(await countStatuses(world.arrange)).toEqual({ sending: 1 });
  state.refuse = false;
  await world.boot();
  await world.live(2 * SECOND);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 1 });
});

it('a database that cannot be trusted any more is reported, and no accept succeeds', async () => {
  await using world = await createWorld({ wrapStore: refusing({ refuse: true, error: fsyncFailed }) });
  const workspace = await world.arrange.addWorkspace();
  const [result] = await world.clock.until(Promise.allSettled([world.send(workspace)]));
  expect(result).toMatchObject({ status: 'rejected', reason: { code: 'storage_broken' } });
  expect(world.broken).toMatchObject([{ code: 'storage_broken' }]);
});

it('a commit that takes long holds nothing but its own turn', async () => {
  const state = { release: () => {} };
  await using world = await createWorld({
    wrapStore: (store) => ({
      ...store,
      commitBatch: async (turn) => {
        if (turn.events.some(({ type }) => type === 'slow')) {
          await new Promise<void>((resolve) => (state.release = resolve));
        }
        return store.commitBatch(turn);
      },
    }),
  });
  const workspace = await world.arrange.addWorkspace();
  const slow = world.send(workspace, { type: 'slow' });
  await world.clock.settle();
  const next = world.send(workspace);
  await world.clock.settle();
  expect(await world.arrange.events()).toEqual([]);
  state.release();
  await world.clock.until(Promise.all([slow, next]));
  expect(await world.arrange.events()).toHaveLength(2);
});

const codeOf = (sent: Promise<unknown>) =>
  sent.then(
    () => 'accepted',
    (error: unknown) => (error instanceof BellwireError ? error.code : 'unknown'),
  );

it('an unknown workspace, a type unknown to a strict one and data that breaks the schema are refused', async () => {
  await using world = await createWorld({
    check: (_, __, data) => ('number' in data ? [] : [{ path: 'number', message: 'is missing' }]),
  });
  const workspace = await world.arrange.addWorkspace({
    strict: true,
    event_types: { 'order.created': { schema: { required: ['number'] } }, 'order.seen': {} },
  });
  expect(await codeOf(world.send('ws_unknown'))).toBe('not_found');
  expect(await codeOf(world.send(workspace, { type: 'order.lost' }))).toBe('unknown_event_type');
  expect(await codeOf(world.send(workspace, { data: {} }))).toBe('schema_violation');
  expect(await codeOf(world.send(workspace, { type: 'order.seen', data: {} }))).toBe('accepted');
  expect(await codeOf(world.send(workspace))).toBe('accepted');
  expect(await codeOf(world.send(workspace, { hook_ids: ['wh_unknown'] }))).toBe('not_found');
  expect(await world.arrange.events()).toHaveLength(2);
});

it('an idempotency key answers the first receipt, whatever the order of keys in the data', async () => {
  await using world = await createWorld();
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace);
  const key = { idempotency_key: 'k' };
  const first = await world.send(workspace, { ...key, data: { a: 1, b: { c: 2, d: 3 } } });
  const again = await world.send(workspace, { ...key, data: { b: { d: 3, c: 2 }, a: 1 } });
  expect(again).toEqual(first);
  for (const other of [
    { data: { a: 1, b: { c: 2, d: 4 } } },
    { type: 'order.changed' },
    { previous_data: {} },
    { occurred_at: 1 },
    { hook_ids: [] },
  ]) {
    const input = { data: { a: 1, b: { c: 2, d: 3 } }, ...key, ...other };
    await expect(world.send(workspace, input)).rejects.toMatchObject({
      code: 'idempotency_conflict',
      status: 409,
    });
  }
  await world.clock.settle();
  expect(world.sent()).toHaveLength(1);
});
