import { expect, it } from 'vitest';
import type { Store } from '../../packages/server/src/ports/store.ts';
import { createWorld, dataOf, type World } from '../support/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const slowReceiver = (after_ms: number) => ({ script: () => ({ status: 200, after_ms }) });

/** Every event arrived at its receiver exactly once. */
const expectEachOnce = (world: World, count: number): void => {
  const numbers = world.sent().map((one) => Number(dataOf(one)['number']));
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
};

it('a stop lets attempts end, records them, and returns the other deliveries unsent', async () => {
  await using world = await createWorld(slowReceiver(400));
  await Promise.all(world.offer(30));
  await world.clock.settle();
  await world.stop();
  expect(world.sent()).toHaveLength(8);
  expect(await world.statuses()).toEqual({ succeeded: 8, pending: 22 });
  await world.boot();
  await world.live(10 * SECOND);
  expectEachOnce(world, 30);
  expect(await world.statuses()).toEqual({ succeeded: 30 });
  for (const { outcome } of await world.arrange.attempts()) expect(outcome).toBe('succeeded');
});

it('accepts that wait when a stop begins are stored, and sent by the next process', async () => {
  await using world = await createWorld(slowReceiver(100));
  const accepted = Promise.all(world.offer(1_000));
  await world.clock.settle();
  expect(world.loop.gauges().waiting_accepts).toBeGreaterThan(256);
  await world.stop();
  expect(await accepted).toHaveLength(1_000);
  expect((await world.statuses())['sending']).toBeUndefined();
  await world.boot();
  await world.live(60 * SECOND);
  expectEachOnce(world, 1_000);
});

it('an event that arrives during or after a stop is refused and not stored', async () => {
  await using world = await createWorld(slowReceiver(400));
  await world.send();
  const refusal = { code: 'shutting_down', status: 503 };
  const stopped = world.loop.stop();
  await expect(world.send()).rejects.toMatchObject(refusal);
  await world.clock.until(stopped);
  await expect(world.send()).rejects.toMatchObject(refusal);
  expect(await world.arrange.events()).toHaveLength(1);
});

it('an event whose catalog is still being read when a stop begins is refused', async () => {
  await using world = await createWorld();
  const [result] = await Promise.all([Promise.allSettled([world.send()]), world.stop()]);
  expect(result).toMatchObject([{ status: 'rejected', reason: { code: 'shutting_down' } }]);
  await world.clock.settle();
  expect(await world.arrange.events()).toEqual([]);
});

it('a stop while a hook hangs waits for its timeout and no longer', async () => {
  await using world = await createWorld({ script: () => 'hang' });
  await world.send();
  await world.clock.settle();
  const start = world.clock.now();
  await world.stop();
  expect(world.clock.now() - start).toBeLessThanOrEqual(15_250);
  expect(await world.arrange.attempts()).toMatchObject([{ outcome: 'timeout' }]);
});

it('a stop with suspects, manual retries and fan-outs queued ends and loses nothing', async () => {
  let dies = true;
  await using world = await createWorld({
    hooks: [],
    script: (_, nth) => {
      if (!dies || nth > 1) return { status: 200, after_ms: 500 };
      dies = false;
      return 'die';
    },
    limits: { hook_concurrency: 2, concurrency: 16 },
  });
  await world.arrange.addHooks(world.workspace, 700);
  await world.sendMany(1);
  await world.live(3_000);
  const some = (await world.arrange.deliveries()).filter(({ status }) => status !== 'sending').slice(0, 3);
  const manual = [];
  for (const { id } of some) manual.push((await world.redeliver(id)).attempt);
  await world.stop();
  await world.clock.until(Promise.all(manual));
  expect(world.loop.gauges()).toEqual({ in_flight: 0, queued: 0, waiting_accepts: 0 });
  expect((await world.statuses())['sending']).toBeUndefined();
});

it('after a stop that fails, nothing is retried, and a waiting caller gets its answer', async () => {
  const state = { fails: false, commits: 0 };
  await using world = await createWorld({
    ...slowReceiver(50),
    wrapStore: (store) => ({
      commitBatch: (batch) => {
        state.commits += 1;
        return state.fails ? Promise.reject(new Error('disk')) : store.commitBatch(batch);
      },
    }),
  });
  await world.sendMany(1);
  await world.live(SECOND);
  const { attempt } = await world.redeliver((await world.arrange.deliveries())[0]!.id);
  state.fails = true;
  await expect(world.stop()).rejects.toMatchObject({ code: 'storage_failed' });
  const before = state.commits;
  await world.clock.advance(60 * SECOND);
  expect(state.commits).toBe(before);
  await world.clock.until(attempt);
});

/** Delays the answer of the next claim, after its write, until `go` is called. */
const slowClaims = () => {
  const state = { hold: false, go: () => {} };
  const held = async <T>(answer: Promise<T>): Promise<T> => {
    const result = await answer;
    if (!state.hold) return result;
    state.hold = false;
    await new Promise<void>((resolve) => (state.go = resolve));
    return result;
  };
  const wrapStore = (store: Store): Partial<Store> => ({
    claim: (input) => held(store.claim(input)),
    claimManually: (input) => held(store.claimManually(input)),
  });
  return { state, wrapStore };
};

it.each(['sweep', 'manual retry'])(
  'a delivery that a %s claims during a stop is returned',
  async (claimer) => {
    const { state, wrapStore } = slowClaims();
    const receiver = { status: 500 };
    await using world = await createWorld({ wrapStore, script: () => receiver });
    await world.send();
    await world.clock.advance(20 * SECOND);
    const [delivery] = await world.arrange.deliveries();
    expect(delivery).toMatchObject({ status: 'pending', attempts: 1 });
    state.hold = true;
    receiver.status = 200;
    const claiming =
      claimer === 'sweep' ? world.loop.sweep() : world.loop.redeliver(world.workspace, delivery!.id);
    await world.clock.settle();
    expect(await world.statuses()).toEqual({ sending: 1 });
    const stopped = world.loop.stop();
    await world.clock.settle();
    state.go();
    await world.clock.until(Promise.all([stopped, claiming]));
    expect(await world.statuses()).toEqual({ pending: 1 });
    await world.boot();
    await world.live(20 * SECOND);
    const outcomes = (await world.arrange.attempts()).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['http_status', 'succeeded']);
  },
);

it('a crash loses nothing: attempts in flight are recorded as interrupted and sent again', async () => {
  await using world = await createWorld(slowReceiver(100));
  const accepted = world.offer(30);
  await world.clock.advance(150);
  await Promise.all(accepted);
  world.crash();
  expect(await world.statuses()).toEqual({ succeeded: 8, sending: 22 });
  await world.boot();
  expect(await world.statuses()).toEqual({ succeeded: 8, pending: 22 });
  await world.live(10 * SECOND);
  expect(await world.statuses()).toEqual({ succeeded: 30 });
  expect(await world.arrange.hook(world.hooks[0]!)).toMatchObject({ consecutive_failures: 0 });
  const attempts = Map.groupBy(await world.arrange.attempts(), ({ delivery_id }) => delivery_id);
  const outcomes = [...attempts.values()].map((own) => own.map(({ outcome }) => outcome).join(' '));
  expect(outcomes.filter((own) => own === 'succeeded')).toHaveLength(8);
  expect(outcomes.filter((own) => own === 'interrupted succeeded')).toHaveLength(22);
  expect(world.sent().length).toBe(30 + 8);
});

it('a crash before the commit leaves nothing of an event whose accept did not resolve', async () => {
  await using world = await createWorld();
  let answered = false;
  void world.send().then(() => (answered = true));
  world.crash();
  await world.clock.settle();
  expect(answered).toBe(false);
  await world.boot();
  await world.live(SECOND);
  expect(await world.arrange.events()).toEqual([]);
  expect(world.sent()).toEqual([]);
});

it('the result of an attempt whose lease passed to another node is dropped', async () => {
  const receiver = { hangs: true };
  await using world = await createWorld({
    hooks: [{ timeout_ms: 60_000 }],
    script: () => (receiver.hangs ? 'hang' : { status: 200 }),
  });
  await world.send();
  await world.live(SECOND);
  const old = world.transport;
  receiver.hangs = false;
  // The next process takes the old one for dead, as after a machine that was frozen for a while.
  await world.boot();
  await world.live(10 * SECOND);
  const [delivery] = await world.arrange.deliveries();
  expect(delivery).toMatchObject({ status: 'succeeded', attempts: 2 });
  old.release({ status: 410 });
  await world.clock.settle();
  expect(world.observations.filter(({ kind }) => kind === 'stale')).toHaveLength(1);
  expect(await world.arrange.delivery(delivery!.id)).toEqual(delivery);
  expect(await world.arrange.hook(delivery!.hook_id)).toMatchObject({ status: 'active' });
});

const TEN_YEARS = 87_600 * HOUR;

it.each([
  ['an hour forward', HOUR, MINUTE],
  // What waits for a retry waits for as long as the jump in addition.
  ['an hour back', -HOUR, HOUR + MINUTE],
  ['ten years forward', TEN_YEARS, MINUTE],
  ['ten years back', -TEN_YEARS, MINUTE],
])(
  'a clock that jumps %s loses nothing and duplicates nothing that was not in flight',
  async (_, ms, within) => {
    await using world = await createWorld({
      script: (__, nth) => ({ status: nth === 1 ? 500 : 200, after_ms: 10 }),
    });
    await Promise.all(world.offer(8));
    await world.live(SECOND);
    world.clock.jump(ms);
    await Promise.all(world.offer(8));
    await world.live(within);
    expect(await world.statuses()).toEqual({ succeeded: 16 });
    expect(world.sent()).toHaveLength(32);
  },
);

it('a process that starts with a clock of ten years ago sends what waits within a minute', async () => {
  const receiver = { status: 500 };
  await using world = await createWorld({
    hooks: Array.from({ length: 20 }, () => ({})),
    script: () => ({ ...receiver, after_ms: 10 }),
  });
  await world.sendMany(5);
  await world.live(SECOND);
  world.crash();
  receiver.status = 200;
  world.clock.jump(-TEN_YEARS);
  await world.boot();
  await world.clock.until(world.loop.start());
  await world.clock.until(world.loop.sweep());
  await world.live(MINUTE);
  expect(await world.statuses()).toEqual({ succeeded: 100 });
  expect(world.sent()).toHaveLength(200);
});

it('under load, with clock jumps of hours in both directions, each delivery ends once', async () => {
  await using world = await createWorld({
    hooks: [],
    script: (_, nth) => ({ status: nth === 1 ? 500 : 200, after_ms: 400 }),
    retry_delays_ms: [0, 5_000],
  });
  await world.arrange.addHooks(world.workspace, 60);
  for (let n = 0; n < 6; n += 1) {
    await world.sendMany(1);
    await world.clock.advance(200);
    world.clock.jump(n % 2 === 0 ? 2 * HOUR : -2 * HOUR);
    await world.clock.until(world.loop.sweep());
  }
  await world.live(4 * HOUR);
  expect(await world.statuses()).toEqual({ succeeded: 360 });
  expect(world.sent()).toHaveLength(720);
});

it('retention deletes what is finished and old, and nothing else', async () => {
  const state = { status: 200 };
  await using world = await createWorld({
    retention_ms: HOUR,
    hooks: [{ max_attempts: 20 }],
    script: () => state,
  });
  await world.send();
  await world.live(3 * HOUR);
  state.status = 500;
  const failing = await world.send();
  await world.live(HOUR / 2);
  expect(await world.arrange.events()).toMatchObject([{ id: failing.id }]);
});
