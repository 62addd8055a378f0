import { expect, it } from 'vitest';
import type { HookSetup } from '../support/arrange.ts';
import { quantile } from '../support/quantile.ts';
import { createWorld } from '../support/world.ts';

const SECOND = 1_000;
const SYNC_MS = 50;

/** A world whose commits take as long as the test says, once it says so. */
const createSlowWorld = async (hooks: readonly HookSetup[] = [{}]) => {
  const disk = { sync_ms: 0, item_ms: 0, commits: 0 };
  const world = await createWorld({
    hooks,
    script: () => ({ status: 200, after_ms: 1 }),
    wrapStore: (store) => ({
      commitBatch: async (batch) => {
        const result = await store.commitBatch(batch);
        disk.commits += 1;
        const { events, settlements } = batch;
        const took_ms = disk.sync_ms + disk.item_ms * (events.length + settlements.length);
        if (took_ms > 0) await new Promise<void>((resolve) => void world.clock.after(took_ms, resolve));
        return result;
      },
    }),
  });
  return { world, disk, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
};

it('while events arrive quickly, a pause after each commit makes the next one larger', async () => {
  await using slow = await createSlowWorld();
  const { world, disk } = slow;
  await world.send({ data: {} });
  await world.live(SECOND);
  Object.assign(disk, { sync_ms: 2, commits: 0 });
  const accepted: Promise<unknown>[] = [];
  for (let n = 0; n < 200; n += 1) {
    accepted.push(world.send({ data: { n } }));
    await world.clock.advance(1);
  }
  await world.clock.until(Promise.all(accepted));
  // A hundred without pauses.
  expect(disk.commits).toBeGreaterThan(20);
  expect(disk.commits).toBeLessThan(50);
});

it('an event that arrives long after the last commit is committed at once', async () => {
  await using slow = await createSlowWorld();
  const { world, disk } = slow;
  disk.sync_ms = 2;
  const waits: number[] = [];
  for (let n = 0; n < 10; n += 1) {
    const at = world.clock.now();
    await world.clock.until(world.send({ data: { n } }));
    waits.push(world.clock.now() - at);
    await world.clock.advance(20);
  }
  expect(waits).toEqual(waits.map(() => 2));
});

it('with commits of 50 ms, accepts for one hook wait for a few of them, although it cannot send as fast', async () => {
  await using slow = await createSlowWorld();
  const { world, disk } = slow;
  disk.sync_ms = SYNC_MS;
  const waits: number[] = [];
  const accepted: Promise<void>[] = [];
  const send = async (): Promise<void> => {
    const at = world.clock.now();
    await world.send({ data: { at } });
    waits.push(world.clock.now() - at);
  };
  for (let n = 0; n < 10 * 200; n += 1) {
    accepted.push(send());
    await world.clock.advance(5);
    if (n % 200 === 0) void world.loop.sweep();
  }
  await world.clock.until(Promise.all(accepted));
  expect(quantile(waits, 0.99)).toBeLessThanOrEqual(4 * SYNC_MS);
  await world.live(60 * SECOND);
  expect(await world.statuses()).toEqual({ succeeded: 2_000 });
});

it('while commits take long because they are large, accepts wait, and deliveries keep up with them', async () => {
  const types = Array.from({ length: 16 }, (_, n) => `type.${n}`);
  await using slow = await createSlowWorld(types.map((type) => ({ events: [type] })));
  const { world, disk } = slow;
  disk.item_ms = 0.2;
  const counts = { accepted: 0 };
  const over = new AbortController();
  const send = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await world.send({ type: types[counts.accepted % types.length]!, data: {} });
      counts.accepted += 1;
    }
  };
  const senders = Promise.all(Array.from({ length: 256 }, send));
  await world.live(20 * SECOND);
  const { succeeded = 0 } = await world.statuses();
  over.abort();
  await world.clock.until(senders);
  expect(succeeded).toBeGreaterThan(20_000);
  // Only those in memory.
  expect(counts.accepted - succeeded).toBeLessThan(2_000);
});
