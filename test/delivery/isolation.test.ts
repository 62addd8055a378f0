import { expect, it } from 'vitest';
import type { HookSetup } from '../support/arrange.ts';
import type { Script } from '../support/scripted-transport.ts';
import { createWorld, dataOf, type World } from '../support/world.ts';

const SECOND = 1_000;
const HANGING = 'https://hanging.example.com/';
const healthyUrl = (index: number): string => `https://healthy-${index}.example.com/`;

const healthyHooks = (count: number): HookSetup[] =>
  Array.from({ length: count }, (_, index) => ({ url: healthyUrl(index) }));

/** Hooks for the type `ill` at hosts that hang, and a healthy one for the type `well`. */
const illAndWell = (ill: number): HookSetup[] => [
  { url: healthyUrl(0), events: ['well'] },
  ...Array.from({ length: ill }, (_, n) => ({ url: `https://ill-${n}.example.com/`, events: ['ill'] })),
];

const onlyHealthyAnswer: Script = ({ url }) =>
  url.includes('healthy') ? { status: 200, after_ms: 5 } : 'hang';

/** How long something takes, while time passes only for it. */
const durationOf = async (world: World, work: Promise<unknown>): Promise<number> => {
  const start = world.clock.now();
  await world.clock.until(work);
  return world.clock.now() - start;
};

it('a hanging hook uses only its own slots: fifty others get every event at once', async () => {
  await using world = await createWorld({
    script: onlyHealthyAnswer,
    hooks: [{ url: HANGING }, ...healthyHooks(50)],
  });
  for (let round = 0; round < 40; round += 1) {
    expect(await durationOf(world, world.send({ data: { round } }))).toBeLessThanOrEqual(300);
    await world.live(SECOND / 4);
  }
  for (let index = 0; index < 50; index += 1) {
    const sent = world.transport.sentTo(healthyUrl(index));
    expect(sent).toHaveLength(40);
    expect(sent.map((one) => dataOf(one)['round'])).toEqual([...sent.keys()]);
  }
  expect(world.transport.peakTo(HANGING)).toBe(8);
  expect(world.transport.sentTo(HANGING)).toHaveLength(8);
});

it('a burst for a hanging hook delays other accepts by at most 300 ms', async () => {
  await using world = await createWorld({
    script: onlyHealthyAnswer,
    hooks: [{ url: HANGING }, ...healthyHooks(50)],
  });
  const [hanging, healthy] = world.hooks;
  const burst = Promise.all(world.offer(1_500, { hook_ids: [hanging!] }));
  const waited = await durationOf(world, world.send({ hook_ids: [healthy!] }));
  expect(waited).toBeLessThanOrEqual(300);
  expect(waited + (await durationOf(world, burst))).toBeLessThanOrEqual(600);
  await world.live(SECOND);
  expect(world.transport.sentTo(healthyUrl(0))).toHaveLength(1);
  expect(world.loop.gauges().queued).toBeLessThanOrEqual(8);
  const { pending = 0, sending = 0 } = await world.statuses({ hook_id: hanging! });
  expect(pending + sending).toBe(1_500);
});

it('deliveries that wait in memory for many hanging hooks do not delay accepts', async () => {
  await using world = await createWorld({ script: onlyHealthyAnswer, hooks: illAndWell(60) });
  await world.sendMany(20, { type: 'ill' });
  await world.live(3 * SECOND);
  expect(world.loop.gauges().queued).toBeGreaterThan(256);
  expect(await durationOf(world, world.send({ type: 'other' }))).toBeLessThanOrEqual(100);
});

const few = { hook_concurrency: 8, concurrency: 32 };

it('hanging hooks together leave half of the slots to the others', async () => {
  await using world = await createWorld({ limits: few, script: onlyHealthyAnswer, hooks: illAndWell(20) });
  await world.send({ type: 'ill' });
  await world.live(SECOND);
  for (let round = 0; round < 20; round += 1) {
    await world.sendMany(1, { type: 'ill' });
    await world.sendMany(1, { type: 'well' });
    await world.live(SECOND / 10);
    expect(world.transport.sentTo(healthyUrl(0))).toHaveLength(round + 1);
  }
  expect(world.transport.peak()).toBeLessThanOrEqual(32);
});

it('hooks that all begin to hang delay a healthy one by about a second, not by their timeout', async () => {
  await using world = await createWorld({ limits: few, script: onlyHealthyAnswer, hooks: illAndWell(10) });
  await world.sendMany(8, { type: 'ill' });
  expect(world.transport.peak()).toBe(32);
  await world.sendMany(1, { type: 'well' });
  await world.live(1.5 * SECOND);
  expect(world.transport.sentTo(healthyUrl(0))).toHaveLength(1);
  // Only the slots that the hanging hooks hold beyond their half are added.
  expect(world.transport.peak()).toBeLessThanOrEqual(32 + 16);
});

it.each([
  { hook_concurrency: 8, concurrency: 64 },
  { hook_concurrency: 3, concurrency: 10 },
  { hook_concurrency: 1, concurrency: 1 },
])('with everything due, each hook and the total stay within %o', async (limits) => {
  await using world = await createWorld({
    limits,
    hooks: healthyHooks(15),
    script: () => ({ status: 200, after_ms: 20 }),
  });
  const accepted = world.offer(20);
  await world.live(60 * SECOND);
  await Promise.all(accepted);
  expect(world.transport.peak()).toBe(limits.concurrency);
  expect(world.transport.peakTo(healthyUrl(3))).toBeLessThanOrEqual(limits.hook_concurrency);
  expect(await world.statuses()).toEqual({ succeeded: 300 });
});

it('two thousand events of one workspace delay single events of other workspaces by at most a second', async () => {
  await using world = await createWorld({ script: () => ({ status: 200, after_ms: 20 }) });
  const burst = world.offer(2_000);
  const start = world.clock.now();
  const quiet = [];
  for (const hook of healthyHooks(20)) quiet.push(world.send({}, await world.addWorkspace([hook])));
  await world.clock.until(Promise.all(quiet));
  await world.clock.settle();
  expect(world.clock.now() - start).toBeLessThanOrEqual(SECOND);
  for (const index of quiet.keys()) expect(world.transport.sentTo(healthyUrl(index))).toHaveLength(1);
  await world.live(60 * SECOND);
  await Promise.all(burst);
  expect(await world.statuses()).toEqual({ succeeded: 2_020 });
});

it('slots rotate between workspaces, and between the hooks of a workspace', async () => {
  await using world = await createWorld({
    limits: { hook_concurrency: 100, concurrency: 4 },
    hooks: healthyHooks(3),
    script: () => ({ status: 200, after_ms: 10 }),
  });
  const quiet = await world.addWorkspace([{ url: healthyUrl(9) }]);
  await world.clock.until(Promise.all([...world.offer(40), ...world.offer(10, {}, quiet)]));
  await world.live(SECOND);
  const urls = world.transport.sent.map(({ request }) => request.url);
  // The first slots can be taken before events of both are accepted.
  const from = urls.indexOf(healthyUrl(9));
  expect(from).toBeLessThanOrEqual(4);
  const turns = Map.groupBy(urls.slice(from, from + 19), (url) => url);
  expect(turns.get(healthyUrl(9))).toHaveLength(10);
  for (const index of [0, 1, 2]) expect(turns.get(healthyUrl(index))).toHaveLength(3);
});

it('the backlog of a recovered hook drains completely within its own slots', async () => {
  const state = { well: false };
  await using world = await createWorld({
    hooks: [{ url: HANGING }],
    script: () => (state.well ? { status: 200, after_ms: 2 } : 'hang'),
  });
  for (let round = 0; round < 10; round += 1) {
    await world.sendMany(200);
    await world.live(SECOND);
  }
  expect((await world.statuses())['pending']).toBeGreaterThan(1_900);
  state.well = true;
  world.transport.release({ status: 200 });
  await world.live(60 * SECOND);
  expect(await world.statuses()).toEqual({ succeeded: 2_000 });
  expect(world.transport.peakTo(HANGING)).toBe(8);
  expect(world.transport.sent).toHaveLength(2_000);
});

/** A world in which each hook has a backlog that is due. */
const withBacklogs = async (hooks: number, each: number) => {
  const world = await createWorld({
    script: () => ({ status: 200, after_ms: 200 }),
    hooks: healthyHooks(hooks),
  });
  for (const id of world.hooks) await world.arrange.addBacklog(id, each, world.clock.now());
  return world;
};

it('when more hooks have a backlog than fit into memory, all of them progress', async () => {
  await using world = await withBacklogs(560, 16);
  await world.live(4 * SECOND);
  const served = new Set(world.sent().map(({ request }) => request.url));
  expect(world.sent().length).toBeLessThan(560 * 16 * 0.7);
  expect(served.size).toBe(560);
  await world.live(10 * SECOND);
  expect(await world.statuses()).toEqual({ succeeded: 8_960 });
});

it('the backlog of a few hooks is sent as fast as their slots allow', async () => {
  await using world = await withBacklogs(3, 400);
  // 400 in 8 slots of 200 ms each take ten seconds; the first sweep comes within the first.
  await world.live(11 * SECOND + 100);
  expect(await world.statuses()).toEqual({ succeeded: 1_200 });
});
