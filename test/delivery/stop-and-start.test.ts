import { expect, it } from 'vitest';
import type { Store } from '../../packages/server/src/ports/store.ts';
import { countStatuses, createWorld, dataOf, type World } from '../support/world.ts';

const SECOND = 1_000;

const numbered = (world: World, workspace: string, count: number) =>
  Array.from({ length: count }, (_, number) => world.send(workspace, { data: { number } }));

/** Every event was answered by its receiver exactly once. */
const expectEachOnce = (world: World, count: number): void => {
  const numbers = world.sent().map((one) => Number(dataOf(one)['number']));
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
};

it('a stop lets attempts end, records them, and gives the rest back unsent', async () => {
  await using world = await createWorld({ script: () => ({ status: 200, after_ms: 400 }) });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace);
  const accepted = numbered(world, workspace, 30);
  await world.clock.settle();
  await Promise.all(accepted);
  await world.stop();
  expect(world.sent()).toHaveLength(8);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 8, pending: 22 });
  await world.boot();
  await world.live(10 * SECOND);
  expectEachOnce(world, 30);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 30 });
  for (const { outcome } of await world.arrange.attempts()) expect(outcome).toBe('succeeded');
});

it('what waits to be accepted when a stop begins is stored and sent by the next process', async () => {
  await using world = await createWorld({ script: () => ({ status: 200, after_ms: 100 }) });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace);
  const accepted = Promise.all(numbered(world, workspace, 1_000));
  await world.clock.settle();
  expect(world.loop.gauges().waiting_accepts).toBeGreaterThan(256);
  await world.stop();
  expect(await accepted).toHaveLength(1_000);
  expect((await countStatuses(world.arrange))['sending']).toBeUndefined();
  await world.boot();
  await world.live(60 * SECOND);
  expectEachOnce(world, 1_000);
});

it('an event that comes during or after a stop is refused, and nothing of it is stored', async () => {
  await using world = await createWorld({ script: () => ({ status: 200, after_ms: 400 }) });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace);
  await world.send(workspace);
  const stopped = world.loop.stop();
  await expect(world.send(workspace)).rejects.toMatchObject({ code: 'shutting_down', status: 503 });
  await world.clock.until(stopped);
  await expect(world.send(workspace)).rejects.toMatchObject({ code: 'shutting_down' });
  expect(await world.arrange.events()).toHaveLength(1);
});

it('an event whose catalog is still being read when a stop begins is refused', async () => {
  await using world = await createWorld();
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace);
  const [result] = await Promise.all([Promise.allSettled([world.send(workspace)]), world.stop()]);
  expect(result).toMatchObject([{ status: 'rejected', reason: { code: 'shutting_down' } }]);
  await world.clock.settle();
  expect(await world.arrange.events()).toEqual([]);
});

it('a stop while a hook hangs waits for its deadline and no longer', async () => {
  await using world = await createWorld({ script: () => 'hang' });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace);
  await world.send(workspace);
  await world.clock.settle();
  const started = world.clock.now();
  await world.stop();
  expect(world.clock.now() - started).toBeLessThanOrEqual(15_250);
  expect(await world.arrange.attempts()).toMatchObject([{ outcome: 'timeout' }]);
});

/** Keeps back the next answer of a store's claims, after it was written, until `go`. */
const slowClaims = () => {
  const state = { hold: false, go: () => {} };
  const held = async <T>(answer: Promise<T>): Promise<T> => {
    const result = await answer;
    if (!state.hold) return result;
    state.hold = false;
    await new Promise<void>((resolve) => (state.go = resolve));
    return result;
  };
  const wrapStore = (store: Store): Store => ({
    ...store,
    claim: (input) => held(store.claim(input)),
    claimManually: (input) => held(store.claimManually(input)),
  });
  return { state, wrapStore };
};

it('what a sweep or a redelivery claims while a stop is under way is given back too', async () => {
  for (const verb of ['claim', 'claimManually'] as const) {
    const { state, wrapStore } = slowClaims();
    const receiver = { status: 500 };
    await using world = await createWorld({ wrapStore, script: () => receiver });
    const workspace = await world.arrange.addWorkspace();
    await world.arrange.addHook(workspace);
    await world.send(workspace);
    await world.clock.advance(20 * SECOND);
    const [delivery] = await world.arrange.deliveries();
    expect(delivery).toMatchObject({ status: 'pending', attempts: 1 });
    state.hold = true;
    receiver.status = 200;
    const claiming = verb === 'claim' ? world.loop.sweep() : world.loop.redeliver(workspace, delivery!.id);
    await world.clock.settle();
    expect(await countStatuses(world.arrange)).toEqual({ sending: 1 });
    const stopped = world.loop.stop();
    await world.clock.settle();
    state.go();
    await world.clock.until(Promise.all([stopped, claiming]));
    expect([verb, await countStatuses(world.arrange)]).toEqual([verb, { pending: 1 }]);
    await world.boot();
    await world.live(20 * SECOND);
    expect((await world.arrange.attempts()).map(({ outcome }) => outcome)).toEqual([
      'http_status',
      'succeeded',
    ]);
  }
});

it('a crash loses nothing: what was under way is recorded as interrupted and sent again', async () => {
  await using world = await createWorld({ script: () => ({ status: 200, after_ms: 100 }) });
  const workspace = await world.arrange.addWorkspace();
  const hook_id = await world.arrange.addHook(workspace);
  const accepted = numbered(world, workspace, 30);
  await world.clock.advance(150);
  await Promise.all(accepted);
  world.crash();
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 8, sending: 22 });
  await world.boot();
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 8, pending: 22 });
  await world.live(10 * SECOND);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 30 });
  expect(await world.arrange.hook(hook_id)).toMatchObject({ consecutive_failures: 0 });
  const attempts = Map.groupBy(await world.arrange.attempts(), ({ delivery_id }) => delivery_id);
  const stories = [...attempts.values()].map((own) => own.map(({ outcome }) => outcome).join(' '));
  expect(stories.filter((story) => story === 'succeeded')).toHaveLength(8);
  expect(stories.filter((story) => story === 'interrupted succeeded')).toHaveLength(22);
  expect(world.sent().length).toBe(30 + 8);
});

it('a crash before the commit leaves nothing of an event whose accept never resolved', async () => {
  await using world = await createWorld();
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace);
  let answered = false;
  void world.send(workspace).then(() => (answered = true));
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
  await using world = await createWorld({ script: () => (receiver.hangs ? 'hang' : { status: 200 }) });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace, { timeout_ms: 60_000 });
  await world.send(workspace);
  await world.live(SECOND);
  const old = world.transport;
  receiver.hangs = false;
  // The next process takes the old one for dead, as after a machine that froze for a while.
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

for (const [name, ms] of [
  ['an hour forward', 3_600_000],
  ['an hour back', -3_600_000],
  ['ten years forward', 315_360_000_000],
] as const) {
  it(`a clock that jumps ${name} loses nothing and doubles nothing that was not under way`, async () => {
    await using world = await createWorld({
      script: (_, nth) => ({ status: nth === 1 ? 500 : 200, after_ms: 10 }),
    });
    const workspace = await world.arrange.addWorkspace();
    await world.arrange.addHook(workspace);
    await Promise.all(numbered(world, workspace, 8));
    await world.live(SECOND);
    world.clock.jump(ms);
    await Promise.all(numbered(world, workspace, 8));
    await world.live(2 * 3_600 * SECOND);
    expect(await countStatuses(world.arrange)).toEqual({ succeeded: 16 });
    expect(world.sent()).toHaveLength(32);
  });
}

it('retention forgets what is finished and old, and nothing else', async () => {
  const state = { status: 200 };
  await using world = await createWorld({ retention_ms: 3_600 * SECOND, script: () => state });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace, { max_attempts: 20 });
  await world.send(workspace);
  await world.live(SECOND);
  state.status = 500;
  const failing = await world.send(workspace);
  await world.live(5 * 3_600 * SECOND);
  expect(await world.arrange.events()).toMatchObject([{ id: failing.id }]);
});
