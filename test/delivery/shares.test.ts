import { expect, it } from 'vitest';
import type { HookSetup } from '../support/arrange.ts';
import type { Script } from '../support/scripted-transport.ts';
import { createWorld, dataOf, type World } from '../support/world.ts';

const SECOND = 1_000;

const urlOf = (name: string, index: number): string => `https://${name}-${index}.example.com/`;

const hooksAt = (name: string, count: number, setup: HookSetup = {}): HookSetup[] =>
  Array.from({ length: count }, (_, index) => ({ url: urlOf(name, index), events: [name], ...setup }));

/** Receivers by the name in their URL. */
const byName =
  (answers: Readonly<Record<string, ReturnType<Script>>>): Script =>
  ({ url }) =>
    answers[/\/\/(\w+)-/.exec(url)?.[1] ?? ''] ?? { status: 200, after_ms: 5 };

const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))] ?? NaN;

/** The time from the acceptance of each event with `data.sent_at` to its request, in order. */
const waitsAt = (world: World, url: string): readonly number[] =>
  world.transport
    .sentTo(url)
    .filter((sent) => sent.nth === 1 && dataOf(sent)['sent_at'] !== undefined)
    .map((sent) => sent.at - Number(dataOf(sent)['sent_at']));

/** Sends one event every `every_ms` for a while, and returns how long the requests to `url` waited. */
const waitsOf = async (
  world: World,
  {
    url,
    seconds,
    every_ms = 500,
    ...input
  }: { url: string; seconds: number; every_ms?: number; type: string; tenant?: string },
  to = world.workspace,
): Promise<readonly number[]> => {
  const sends = [];
  for (let at = 0; at < seconds * SECOND; at += every_ms) {
    sends.push(world.send({ ...input, data: { sent_at: world.clock.now() } }, to));
    await world.live(every_ms);
  }
  await world.live(30 * SECOND);
  await Promise.all(sends);
  const waits = waitsAt(world, url);
  expect(waits).toHaveLength(sends.length);
  return waits;
};

it('seventy hanging hooks of one workspace do not delay a 300 ms hook of another', async () => {
  await using world = await createWorld({
    script: byName({ ill: 'hang', slow: { status: 200, after_ms: 300 } }),
    hooks: hooksAt('ill', 70),
  });
  const other = await world.addWorkspace(hooksAt('slow', 1));
  await world.sendMany(1, { type: 'slow' }, other);
  await world.sendMany(20, { type: 'ill' });
  await world.live(10 * SECOND);
  const waits = await waitsOf(world, { url: urlOf('slow', 0), type: 'slow', seconds: 60 }, other);
  expect(quantile(waits, 0.5)).toBeLessThanOrEqual(50);
  expect(quantile(waits, 1)).toBeLessThanOrEqual(SECOND);
});

it('the hanging hooks of one tenant do not delay the slow hook of another tenant', async () => {
  await using world = await createWorld({
    script: byName({ ill: 'hang', slow: { status: 200, after_ms: 5_000 } }),
    hooks: [...hooksAt('ill', 150, { tenant: 'cus_1' }), ...hooksAt('slow', 1, { tenant: 'cus_2' })],
  });
  await world.sendMany(20, { type: 'ill', tenant: 'cus_1' });
  await world.live(10 * SECOND);
  const input = { url: urlOf('slow', 0), type: 'slow', tenant: 'cus_2', seconds: 60, every_ms: 2_000 };
  const waits = await waitsOf(world, input);
  expect(quantile(waits, 0.5)).toBeLessThanOrEqual(50);
  expect(quantile(waits, 1)).toBeLessThanOrEqual(SECOND);
});

it('a workspace with nothing in flight finds a slot when every slot has just begun to hang', async () => {
  await using world = await createWorld({
    limits: { hook_concurrency: 8, concurrency: 64 },
    script: byName({ ill: 'hang' }),
    hooks: hooksAt('ill', 30),
  });
  const others = [];
  for (let n = 0; n < 16; n += 1) others.push(await world.addWorkspace(hooksAt('well', 1)));
  await world.sendMany(8, { type: 'ill' });
  expect(world.transport.inFlight()).toBeGreaterThanOrEqual(64);
  const start = world.clock.now();
  for (const other of others) await world.sendMany(1, { type: 'well' }, other);
  await world.clock.settle();
  expect(world.transport.sentTo(urlOf('well', 0))).toHaveLength(16);
  expect(world.clock.now()).toBe(start);
});

it('within a tenant, hooks with nothing in flight come first', async () => {
  await using world = await createWorld({
    limits: { hook_concurrency: 8, concurrency: 8 },
    script: () => ({ status: 200, after_ms: 100 }),
    hooks: [...hooksAt('busy', 3), ...hooksAt('quiet', 4)],
  });
  await world.sendMany(20, { type: 'busy' });
  await world.sendMany(1, { type: 'quiet' });
  await world.live(150);
  for (const index of [0, 1, 2, 3]) expect(world.transport.sentTo(urlOf('quiet', index))).toHaveLength(1);
});

/** Experiment: many hooks, of which a hundredth each hang, answer very late, or fail after a second. */
// The full form is `pnpm experiment I1`.
const HOOKS = Number(process.env['ISOLATION_HOOKS'] ?? 400);
const SECONDS = Number(process.env['ISOLATION_SECONDS'] ?? 12);
const PER_SECOND = 300;

const experiment = async (is_ill: boolean): Promise<{ waits: readonly number[]; peak: number }> => {
  const hundredth = HOOKS / 100;
  const ill: Readonly<Record<string, ReturnType<Script>>> = {
    hanging: 'hang',
    late: { status: 200, after_ms: 9_000 },
    failing: { status: 500, after_ms: 1_000 },
  };
  const names = ['hanging', 'late', 'failing'];
  await using world = await createWorld({
    script: byName(is_ill ? ill : {}),
    hooks: [],
    limits: { hook_concurrency: 8, concurrency: Math.min(1_024, HOOKS / 8) },
  });
  const setups = names.flatMap((name) => hooksAt(name, hundredth));
  setups.push(...hooksAt('well', HOOKS - setups.length));
  const ids: string[] = [];
  for (const { url } of setups)
    ids.push(await world.arrange.addHook(world.workspace, { url: url!, secret: null }));
  const [every_ms, random] = [20, { seed: 1 }];
  const next = (): number => (random.seed = (random.seed * 48_271) % 2_147_483_647);
  for (let at = 0; at < SECONDS * SECOND; at += every_ms) {
    for (let n = 0; n < (PER_SECOND * every_ms) / SECOND; n += 1) {
      const hook_ids = [ids[next() % ids.length]!];
      void world.send({ hook_ids, data: { sent_at: world.clock.now() } });
    }
    await world.live(every_ms);
  }
  await world.live(SECOND);
  const peak = world.transport.peak();
  const waits = world.transport.sent
    .filter(({ request, nth }) => request.url.includes('well') && nth === 1)
    .map((sent) => sent.at - Number(dataOf(sent)['sent_at']));
  return { waits, peak };
};

it('three in a hundred hooks that hang, drag or fail leave the others as fast as without them', async () => {
  const control = await experiment(false);
  const { waits, peak } = await experiment(true);
  expect(waits.length).toBeGreaterThanOrEqual(0.98 * control.waits.length);
  expect(quantile(waits, 0.99)).toBeLessThanOrEqual(Math.max(1, 1.25 * quantile(control.waits, 0.99)));
  expect(quantile(waits, 1)).toBeLessThanOrEqual(250);
  expect(peak).toBeLessThanOrEqual(1.5 * Math.min(1_024, HOOKS / 8));
});
