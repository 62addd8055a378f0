import { expect, it } from 'vitest';
import type { HookSetup } from '../support/arrange.ts';
import { createWorld } from '../support/world.ts';

const SECOND = 1_000;
const QUIET = 'https://quiet.example.com/';

const slowly = () => ({ status: 200, after_ms: 200 });

/** A world in which many hooks, all of one owner, have a backlog that is due. */
const behind = async (hooks: number, setup: HookSetup) => {
  const world = await createWorld({ script: slowly, hooks: [] });
  const ids = await world.arrange.addHooks(world.workspace, hooks, setup);
  for (const id of ids) await world.arrange.addBacklog(id, 8, world.clock.now());
  return world;
};

it('the backlogs of 1,500 hooks of one workspace do not delay the due deliveries of another', async () => {
  await using world = await behind(1_500, {});
  // Its id follows all others, so that the walk over the hooks finds it last.
  const other = await world.addWorkspace([]);
  const id = await world.arrange.addHook(other, { url: QUIET });
  await world.arrange.addBacklog(id, 3, world.clock.now());
  await world.live(1.5 * SECOND);
  expect(world.transport.sentTo(QUIET)).toHaveLength(3);
});

it('the backlogs of 1,500 hooks of one tenant do not delay the due deliveries of another', async () => {
  await using world = await behind(1_500, { tenant: 'cus_1' });
  const hook_id = await world.arrange.addHook(world.workspace, { url: QUIET, tenant: 'cus_2' });
  await world.arrange.addBacklog({ hook_id, tenant: 'cus_2' }, 3, world.clock.now());
  await world.live(1.5 * SECOND);
  expect(world.transport.sentTo(QUIET)).toHaveLength(3);
});

it('all hooks of a workspace progress while its backlog drains beside those of others', async () => {
  await using world = await behind(900, {});
  for (let n = 0; n < 3; n += 1) {
    const ids = await world.arrange.addHooks(await world.addWorkspace([]), 100);
    for (const id of ids) await world.arrange.addBacklog(id, 8, world.clock.now());
  }
  await world.live(6 * SECOND);
  expect(new Set(world.sent().map(({ request }) => request.url)).size).toBe(1_200);
  await world.live(10 * SECOND);
  expect(await world.statuses()).toEqual({ succeeded: 9_600 });
}, 240_000);

it('at a hook for every tenant, the backlog of one tenant does not delay the others', async () => {
  await using world = await createWorld({ script: slowly, hooks: [{ url: QUIET, tenant: '*' }] });
  const [hook_id] = world.hooks;
  const now = world.clock.now();
  await world.arrange.addBacklog({ hook_id: hook_id!, tenant: 'cus_1' }, 10_000, now - 60 * SECOND);
  for (let n = 2; n < 100; n += 1) {
    await world.arrange.addBacklog({ hook_id: hook_id!, tenant: `cus_${n}` }, 1, now - n);
  }
  // 98 deliveries in 8 slots of 200 ms take 2.5 s; half of the slots are for the others at least.
  await world.live(15 * SECOND);
  const tenants = await world.arrange.deliveries();
  const others = tenants.filter(({ tenant }) => tenant !== 'cus_1');
  expect(others.map(({ status }) => status)).toEqual(others.map(() => 'succeeded'));
  expect(
    tenants.filter(({ tenant, status }) => tenant === 'cus_1' && status === 'succeeded').length,
  ).toBeGreaterThan(100);
});

it('the queues of 1,000 hanging hooks of one workspace do not keep the due deliveries of another in the store', async () => {
  await using world = await createWorld({
    script: ({ url }) => (url === QUIET ? { status: 200, after_ms: 5 } : 'hang'),
    hooks: Array.from({ length: 1_000 }, () => ({})),
  });
  const other = await world.addWorkspace([]);
  const id = await world.arrange.addHook(other, { url: QUIET });
  await world.sendMany(16);
  await world.live(3 * SECOND);
  // The store takes its own time, however far the virtual clock is.
  for (let second = 0; second < 60 && world.loop.gauges().queued <= 4_096; second += 1) {
    await world.live(SECOND);
  }
  expect(world.loop.gauges().queued).toBeGreaterThan(4_096);
  await world.arrange.addBacklog(id, 20, world.clock.now());
  await world.live(3 * SECOND);
  expect(world.transport.sentTo(QUIET)).toHaveLength(20);
});
