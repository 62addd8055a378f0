import { expect, it } from 'vitest';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const hanging = { script: () => 'hang' } satisfies WorldOptions;
const slow = { timeout_ms: 60_000 };

/** Attempts recorded as interrupted, and results that came after their lease, although no process died. */
const falseAlarms = async (world: World) => ({
  interrupted: (await world.arrange.attempts()).filter(({ outcome }) => outcome === 'interrupted').length,
  stale: world.observations.filter(({ kind }) => kind === 'stale').length,
});
const none = { interrupted: 0, stale: 0 };

it('a hook that hangs for its timeout of one minute: every attempt takes its full time and is sent once', async () => {
  await using world = await createWorld({ ...hanging, hooks: [slow] });
  await world.sendMany(16);
  await world.live(4 * MINUTE);
  expect(await falseAlarms(world)).toEqual(none);
  const attempts = await world.arrange.attempts();
  expect(new Set(attempts.map(({ outcome }) => outcome))).toEqual(new Set(['timeout']));
  expect(world.sent()).toHaveLength(attempts.length + world.transport.inFlight());
});

it('forty hooks that answer after 14 s through 64 slots get every event once', async () => {
  await using world = await createWorld({
    hooks: Array.from({ length: 40 }, () => ({})),
    limits: { hook_concurrency: 8, concurrency: 64 },
    script: () => ({ status: 200, after_ms: 14 * SECOND }),
  });
  await world.sendMany(16);
  await world.live(10 * MINUTE);
  expect(await world.statuses()).toEqual({ succeeded: 640 });
  expect(world.sent()).toHaveLength(640);
  expect(await falseAlarms(world)).toEqual(none);
});

it('five hundred hooks that hang, with the default limits, cause no false interruption', async () => {
  await using world = await createWorld({
    ...hanging,
    hooks: [],
    limits: { hook_concurrency: 8, concurrency: 1_024 },
  });
  await world.arrange.addHooks(world.workspace, 500);
  for (let round = 0; round < 4; round += 1) {
    await world.sendMany(2);
    await world.live(5 * SECOND);
  }
  await world.live(2 * MINUTE);
  expect(await falseAlarms(world)).toEqual(none);
  expect(world.transport.peak()).toBeLessThanOrEqual(1_024 + 512);
}, 240_000);

it('a lease that covers its attempt needs no extra write, and a shorter one is extended first', async () => {
  const extensions: number[] = [];
  await using world = await createWorld({
    hooks: [slow],
    limits: { hook_concurrency: 1, concurrency: 8 },
    script: () => ({ status: 200, after_ms: 20 * SECOND }),
    wrapStore: (store) => ({
      extendLeases: (extension) => {
        extensions.push(extension.leases.length);
        return store.extendLeases(extension);
      },
    }),
  });
  await world.sendMany(1);
  await world.live(MINUTE);
  expect(extensions).toEqual([]);
  await world.sendMany(3);
  await world.live(2 * MINUTE);
  expect(await world.statuses()).toEqual({ succeeded: 4 });
  expect(world.sent()).toHaveLength(4);
  expect(extensions.length).toBeGreaterThan(0);
});

it('no delivery waits in memory beyond its lease', async () => {
  await using world = await createWorld({
    ...hanging,
    hooks: [slow],
    limits: { hook_concurrency: 2, concurrency: 64 },
  });
  await world.sendMany(16);
  for (let n = 0; n < 10; n += 1) {
    await world.live(20 * SECOND);
    const now = world.clock.now();
    const sending = (await world.arrange.deliveries()).filter(({ status }) => status === 'sending');
    expect(sending.filter(({ lease_until }) => (lease_until ?? 0) <= now)).toEqual([]);
  }
});

it('large bodies that wait for others in flight are returned before their leases expire, and sent once', async () => {
  await using world = await createWorld({
    ...hanging,
    hooks: Array.from({ length: 120 }, () => slow),
    limits: { hook_concurrency: 8, concurrency: 1_024 },
  });
  await world.send({ data: { text: 'x'.repeat(900_000) } });
  for (let n = 0; n < 10; n += 1) {
    await world.live(20 * SECOND);
    const now = world.clock.now();
    const sending = (await world.arrange.deliveries()).filter(({ status }) => status === 'sending');
    expect(sending.filter(({ lease_until }) => (lease_until ?? 0) <= now)).toEqual([]);
  }
  expect(await falseAlarms(world)).toEqual(none);
});
