import { expect, it } from 'vitest';
import { createWorld, type World } from '../support/world.ts';

const SECOND = 1_000;

const HOOKS = 3_000;

/** Sends events one after the other, each to all hooks of a workspace, until it is stopped. */
const keepSending = (world: World, input: Parameters<World['send']>[0]) => {
  const state = { stopped: false, sent: 0 };
  const run = async (): Promise<void> => {
    while (!state.stopped) {
      await world.send(input);
      state.sent += 1;
    }
  };
  const running = run();
  return {
    state,
    stop: async () => {
      state.stopped = true;
      await world.clock.until(running);
    },
  };
};

/** How long each of ten events of another sender waits for its acceptance. */
const waitsOf = async (
  world: World,
  ...[input, to]: Parameters<World['send']>
): Promise<readonly number[]> => {
  const waits: number[] = [];
  for (let n = 0; n < 10; n += 1) {
    const start = world.clock.now();
    const sent = world
      .send({ type: 'other', ...input }, to)
      .then(() => waits.push(world.clock.now() - start));
    await world.live(SECOND / 5);
    await world.clock.until(sent);
  }
  return waits.toSorted((a, b) => a - b);
};

const fast = () => ({ status: 200, after_ms: 50 });

it('a sender with 3,000 hooks does not delay the accepts of other workspaces', async () => {
  await using world = await createWorld({ script: fast, hooks: [] });
  await world.arrange.addHooks(world.workspace, HOOKS);
  const other = await world.addWorkspace();
  const load = keepSending(world, {});
  await world.live(SECOND);
  const waits = await waitsOf(world, {}, other);
  expect(waits.at(-1)).toBeLessThanOrEqual(25);
  expect(load.state.sent).toBeGreaterThan(2);
  await load.stop();
});

it('a tenant with 3,000 hooks does not delay the accepts of other tenants', async () => {
  await using world = await createWorld({ script: fast, hooks: [] });
  await world.arrange.addHooks(world.workspace, HOOKS, { tenant: 'cus_1' });
  await world.arrange.addHook(world.workspace, { tenant: 'cus_2' });
  const load = keepSending(world, { tenant: 'cus_1' });
  await world.live(SECOND);
  const waits = await waitsOf(world, { tenant: 'cus_2' });
  expect(waits.at(-1)).toBeLessThanOrEqual(25);
  expect(load.state.sent).toBeGreaterThan(2);
  await load.stop();
});
