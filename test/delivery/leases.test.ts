import { expect, it } from 'vitest';
import { countStatuses, createWorld, type World } from '../support/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const addHooks = async (world: World, count: number, timeout_ms: number | null = null) => {
  const workspace = await world.arrange.addWorkspace();
  for (let index = 0; index < count; index += 1) {
    await world.arrange.addHook(workspace, { url: `https://hook-${index}.example.com/`, timeout_ms });
  }
  return workspace;
};

const sendAll = (world: World, workspace: string, count: number) =>
  world.clock.until(Promise.all(Array.from({ length: count }, () => world.send(workspace))));

/** Attempts that were recorded as interrupted, and results that came after their lease, although no process died. */
const falseAlarms = async (world: World) => ({
  interrupted: (await world.arrange.attempts()).filter(({ outcome }) => outcome === 'interrupted').length,
  stale: world.observations.filter(({ kind }) => kind === 'stale').length,
});

it('one hook that hangs for its whole minute: no attempt is cut short, none is made twice', async () => {
  await using world = await createWorld({ script: () => 'hang' });
  const workspace = await addHooks(world, 1, 60_000);
  await sendAll(world, workspace, 16);
  await world.live(4 * MINUTE);
  expect(await falseAlarms(world)).toEqual({ interrupted: 0, stale: 0 });
  expect(new Set((await world.arrange.attempts()).map(({ outcome }) => outcome))).toEqual(
    new Set(['timeout']),
  );
  expect(world.sent()).toHaveLength((await world.arrange.attempts()).length + world.transport.inFlight());
});

it('forty hooks that answer after 14 s through 64 slots get every event once', async () => {
  await using world = await createWorld({
    limits: { hook_concurrency: 8, concurrency: 64 },
    script: () => ({ status: 200, after_ms: 14 * SECOND }),
  });
  const workspace = await addHooks(world, 40);
  await sendAll(world, workspace, 16);
  await world.live(10 * MINUTE);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 640 });
  expect(world.sent()).toHaveLength(640);
  expect(await falseAlarms(world)).toEqual({ interrupted: 0, stale: 0 });
});

it('five hundred hooks that hang, with the default limits, cause no false interruption', async () => {
  await using world = await createWorld({
    limits: { hook_concurrency: 8, concurrency: 1_024 },
    script: () => 'hang',
  });
  const workspace = await addHooks(world, 500);
  for (let round = 0; round < 8; round += 1) {
    await sendAll(world, workspace, 2);
    await world.live(5 * SECOND);
  }
  await world.live(2 * MINUTE);
  expect(await falseAlarms(world)).toEqual({ interrupted: 0, stale: 0 });
  expect(world.transport.peak()).toBeLessThanOrEqual(1_024 + 512);
}, 60_000);

it('a lease that covers its attempt costs no write of its own, and one that does not is extended first', async () => {
  const extensions: number[] = [];
  await using world = await createWorld({
    limits: { hook_concurrency: 1, concurrency: 8 },
    script: () => ({ status: 200, after_ms: 20 * SECOND }),
    wrapStore: (store) => ({
      ...store,
      extendLeases: (extension) => {
        extensions.push(extension.leases.length);
        return store.extendLeases(extension);
      },
    }),
  });
  const workspace = await addHooks(world, 1, 60_000);
  await sendAll(world, workspace, 1);
  await world.live(MINUTE);
  expect(extensions).toEqual([]);
  await sendAll(world, workspace, 3);
  await world.live(2 * MINUTE);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 4 });
  expect(world.sent()).toHaveLength(4);
  expect(extensions.length).toBeGreaterThan(0);
});

it('no delivery waits in memory beyond its lease', async () => {
  await using world = await createWorld({
    script: () => 'hang',
    limits: { hook_concurrency: 2, concurrency: 64 },
  });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace, { timeout_ms: 60_000 });
  for (let n = 0; n < 16; n += 1) await world.clock.until(world.send(workspace));
  const late: number[] = [];
  for (let n = 0; n < 10; n += 1) {
    await world.live(20 * SECOND);
    for (const { status, lease_until } of await world.arrange.deliveries()) {
      if (status === 'sending' && (lease_until ?? 0) <= world.clock.now()) late.push(world.clock.now());
    }
  }
  expect(late).toEqual([]);
});
