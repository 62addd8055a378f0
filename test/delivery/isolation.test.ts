import { expect, it } from 'vitest';
import type { Store } from '../../packages/server/src/ports/store.ts';
import { textsOf } from '../storage/conformance/kit.ts';
import { countStatuses, createWorld, dataOf, type World } from '../support/world.ts';
import type { Script } from '../support/scripted-transport.ts';

const SECOND = 1_000;
const HANGING = 'https://hanging.example.com/';
const healthyUrl = (index: number): string => `https://healthy-${index}.example.com/`;

const hangsAt =
  (url: string): Script =>
  (request) =>
    request.url === url ? 'hang' : { status: 200, after_ms: 5 };

/** A workspace with one hook that hangs and fifty that are well. */
const oneIll = async (world: World) => {
  const workspace = await world.arrange.addWorkspace();
  const hanging = await world.arrange.addHook(workspace, { url: HANGING });
  const healthy: string[] = [];
  for (let index = 0; index < 50; index += 1) {
    healthy.push(await world.arrange.addHook(workspace, { url: healthyUrl(index) }));
  }
  return { workspace, hanging, healthy };
};

it('a hanging hook holds its own places and nothing else: fifty others get every event at once', async () => {
  await using world = await createWorld({ script: hangsAt(HANGING) });
  const { workspace, healthy } = await oneIll(world);
  for (let round = 0; round < 40; round += 1) {
    const accepted = world.send(workspace, { data: { round } });
    const asked_at = world.clock.now();
    await world.clock.until(accepted);
    expect(world.clock.now() - asked_at).toBeLessThanOrEqual(300);
    await world.live(SECOND / 4);
  }
  for (const index of healthy.keys()) {
    const sent = world.transport.sentTo(healthyUrl(index));
    expect(sent).toHaveLength(40);
    expect(sent.map((one) => dataOf(one)['round'])).toEqual([...sent.keys()]);
  }
  expect(world.transport.peakTo(HANGING)).toBe(8);
  expect(world.transport.sentTo(HANGING)).toHaveLength(8);
});

it('a burst for a hanging hook holds accepts back for no more than 300 ms', async () => {
  await using world = await createWorld({ script: hangsAt(HANGING) });
  const { workspace, hanging, healthy } = await oneIll(world);
  const burst = Array.from({ length: 1_500 }, () => world.send(workspace, { hook_ids: [hanging] }));
  const other = world.send(workspace, { hook_ids: [healthy[0]!] });
  const asked_at = world.clock.now();
  await world.clock.until(other);
  expect(world.clock.now() - asked_at).toBeLessThanOrEqual(300);
  await world.clock.until(Promise.all(burst));
  expect(world.clock.now() - asked_at).toBeLessThanOrEqual(600);
  await world.live(SECOND);
  expect(world.transport.sentTo(healthyUrl(0))).toHaveLength(1);
  expect(world.loop.gauges().queued).toBeLessThanOrEqual(8);
  const { pending = 0, sending = 0 } = await countStatuses(world.arrange, { hook_id: hanging });
  expect(pending + sending).toBe(1_500);
});

it('what waits in memory for many hanging hooks does not hold accepts back', async () => {
  await using world = await createWorld({ script: hangsAt(HANGING) });
  const ill = await world.arrange.addWorkspace();
  for (let index = 0; index < 60; index += 1)
    await world.arrange.addHook(ill, { url: HANGING, events: ['ill'] });
  await world.clock.until(Promise.all(Array.from({ length: 20 }, () => world.send(ill, { type: 'ill' }))));
  await world.live(3 * SECOND);
  expect(world.loop.gauges().queued).toBeGreaterThan(256);
  const asked_at = world.clock.now();
  await world.clock.until(world.send(ill, { type: 'well' }));
  expect(world.clock.now() - asked_at).toBeLessThanOrEqual(100);
});

it('hanging hooks together leave half of the places to the others', async () => {
  await using world = await createWorld({
    limits: { hook_concurrency: 8, concurrency: 32 },
    script: ({ url }) => (url.includes('healthy') ? { status: 200, after_ms: 5 } : 'hang'),
  });
  const workspace = await world.arrange.addWorkspace();
  for (let index = 0; index < 20; index += 1) {
    await world.arrange.addHook(workspace, { url: `https://ill-${index}.example.com/`, events: ['ill'] });
  }
  await world.arrange.addHook(workspace, { url: healthyUrl(0), events: ['well'] });
  await world.send(workspace, { type: 'ill' });
  await world.live(SECOND);
  for (let round = 0; round < 20; round += 1) {
    await world.clock.until(world.send(workspace, { type: 'ill' }));
    await world.clock.until(world.send(workspace, { type: 'well' }));
    await world.live(SECOND / 10);
    expect(world.transport.sentTo(healthyUrl(0))).toHaveLength(round + 1);
  }
  expect(world.transport.peak()).toBeLessThanOrEqual(32);
});

it('hooks that begin to hang all at once keep a healthy one waiting for about a second, not for their time-out', async () => {
  await using world = await createWorld({
    limits: { hook_concurrency: 8, concurrency: 32 },
    script: ({ url }) => (url.includes('healthy') ? { status: 200, after_ms: 5 } : 'hang'),
  });
  const workspace = await world.arrange.addWorkspace();
  for (let index = 0; index < 10; index += 1) {
    await world.arrange.addHook(workspace, { url: `https://ill-${index}.example.com/`, events: ['ill'] });
  }
  await world.arrange.addHook(workspace, { url: healthyUrl(0), events: ['well'] });
  const ill = Array.from({ length: 8 }, () => world.send(workspace, { type: 'ill' }));
  await world.clock.until(Promise.all(ill));
  expect(world.transport.peak()).toBe(32);
  await world.clock.until(world.send(workspace, { type: 'well' }));
  await world.live(1.5 * SECOND);
  expect(world.transport.sentTo(healthyUrl(0))).toHaveLength(1);
  // What the ill ones hold beyond their half is all that comes on top.
  expect(world.transport.peak()).toBeLessThanOrEqual(32 + 16);
});

it('a delivery that is sent again by hand goes out at once, though all places of its hook hang', async () => {
  let hangs = false;
  await using world = await createWorld({ script: () => (hangs ? 'hang' : { status: 200, after_ms: 5 }) });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace, { url: HANGING });
  await world.clock.until(world.send(workspace));
  await world.live(SECOND);
  const [done] = await world.arrange.deliveries();
  hangs = true;
  for (let index = 0; index < 20; index += 1) await world.clock.until(world.send(workspace));
  await world.live(SECOND);
  expect(world.transport.sentTo(HANGING)).toHaveLength(1 + 8);
  await world.clock.until(world.loop.redeliver(workspace, done!.id));
  await world.live(SECOND / 10);
  expect(world.transport.sentTo(HANGING)).toHaveLength(1 + 8 + 1);
  // By hand or not: there is an end to what one hook can hold.
  expect(world.transport.peakTo(HANGING)).toBeLessThanOrEqual(10);
});

it('no hook has more than its places and all together no more than theirs, with everything due', async () => {
  for (const limits of [
    { hook_concurrency: 8, concurrency: 64 },
    { hook_concurrency: 3, concurrency: 10 },
    { hook_concurrency: 1, concurrency: 1 },
  ]) {
    await using world = await createWorld({ limits, script: () => ({ status: 200, after_ms: 20 }) });
    const workspace = await world.arrange.addWorkspace();
    for (let index = 0; index < 15; index += 1) {
      await world.arrange.addHook(workspace, { url: healthyUrl(index) });
    }
    const accepted = Array.from({ length: 20 }, () => world.send(workspace));
    await world.live(60 * SECOND);
    await Promise.all(accepted);
    expect(world.transport.peak()).toBe(limits.concurrency);
    expect(world.transport.peakTo(healthyUrl(3))).toBeLessThanOrEqual(limits.hook_concurrency);
    expect(await countStatuses(world.arrange)).toEqual({ succeeded: 300 });
  }
});

it('a workspace that dumps two thousand events does not keep the single events of others waiting', async () => {
  await using world = await createWorld({ script: () => ({ status: 200, after_ms: 20 }) });
  const loud = await world.arrange.addWorkspace();
  await world.arrange.addHook(loud, { url: 'https://loud.example.com/' });
  const dump = Array.from({ length: 2_000 }, () => world.send(loud));
  const started = world.clock.now();
  const quiet = [];
  for (let index = 0; index < 20; index += 1) {
    const workspace = await world.arrange.addWorkspace();
    await world.arrange.addHook(workspace, { url: healthyUrl(index) });
    quiet.push(world.send(workspace));
  }
  await world.clock.until(Promise.all(quiet));
  await world.clock.settle();
  expect(world.clock.now() - started).toBeLessThanOrEqual(SECOND);
  for (const index of quiet.keys()) expect(world.transport.sentTo(healthyUrl(index))).toHaveLength(1);
  await world.live(60 * SECOND);
  await Promise.all(dump);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 2_020 });
});

it('in memory, the hooks of a workspace and the workspaces take turns', async () => {
  await using world = await createWorld({
    limits: { hook_concurrency: 100, concurrency: 4 },
    script: () => ({ status: 200, after_ms: 10 }),
  });
  const [loud, quiet] = [await world.arrange.addWorkspace(), await world.arrange.addWorkspace()];
  for (const index of [0, 1, 2]) await world.arrange.addHook(loud, { url: healthyUrl(index) });
  await world.arrange.addHook(quiet, { url: healthyUrl(9) });
  const accepted = Array.from({ length: 40 }, () => world.send(loud));
  accepted.push(...Array.from({ length: 10 }, () => world.send(quiet)));
  await world.clock.until(Promise.all(accepted));
  await world.live(SECOND);
  const first = world.transport.sent.slice(0, 20).map(({ request }) => request.url);
  expect(first.filter((url) => url === healthyUrl(9))).toHaveLength(10);
  for (const index of [0, 1, 2]) {
    expect(first.filter((url) => url === healthyUrl(index)).length).toBeGreaterThanOrEqual(3);
  }
});

it('the backlog of a hook that was full drains to the end, in its own places', async () => {
  const state = { well: false };
  await using world = await createWorld({
    script: () => (state.well ? { status: 200, after_ms: 2 } : 'hang'),
  });
  const workspace = await world.arrange.addWorkspace();
  const hook_id = await world.arrange.addHook(workspace, { url: HANGING });
  for (let round = 0; round < 10; round += 1) {
    await world.clock.until(Promise.all(Array.from({ length: 200 }, () => world.send(workspace))));
    await world.live(SECOND);
  }
  expect((await countStatuses(world.arrange))['pending']).toBeGreaterThan(1_900);
  state.well = true;
  world.transport.release({ status: 200 });
  await world.live(60 * SECOND);
  expect(await countStatuses(world.arrange, { hook_id })).toEqual({ succeeded: 2_000 });
  expect(world.transport.peakTo(HANGING)).toBe(8);
  expect(world.transport.sent).toHaveLength(2_000);
});

/** A world in which each of many hooks has a backlog that is due. */
const manyBacklogs = async (hooks: number, each: number) => {
  const captured: Store[] = [];
  const world = await createWorld({
    script: () => ({ status: 200, after_ms: 200 }),
    wrapStore: (store) => {
      captured.push(store);
      return store;
    },
  });
  const workspace = await world.arrange.addWorkspace();
  const ids: string[] = [];
  for (let index = 0; index < hooks; index += 1) {
    ids.push(await world.arrange.addHook(workspace, { url: healthyUrl(index) }));
  }
  const now = world.clock.now();
  const events = Array.from({ length: each }, (_, index) => ({
    id: `evt_${index}`,
    workspace_id: workspace,
    tenant: null,
    type: 'order.created',
    ...textsOf({ data: {} }),
    occurred_at: now,
    created_at: now,
    idempotency_key: null,
    fingerprint: null,
    hook_ids: null,
    trigger: 'scheduled' as const,
  }));
  await captured[0]!.commitBatch({
    now,
    lease_until: now,
    events,
    settlements: [],
    saturated_hooks: new Set(ids),
    max_deliveries: events.length * ids.length,
  });
  return world;
};

it('when more hooks have a backlog than memory has room for, all of them get on, not the first ones only', async () => {
  await using world = await manyBacklogs(560, 16);
  await world.live(4 * SECOND);
  const served = new Set(world.sent().map(({ request }) => request.url));
  expect(world.sent().length).toBeLessThan(560 * 16 * 0.7);
  expect(served.size).toBe(560);
  await world.live(10 * SECOND);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 8_960 });
});

it('a backlog of few hooks is sent as fast as their places allow', async () => {
  await using world = await manyBacklogs(3, 400);
  // 400 in 8 places of 200 ms each are ten seconds; the first sweep comes within the first.
  await world.live(11 * SECOND + 100);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 1_200 });
});
