import { expect, it } from 'vitest';
import { createWorld, countStatuses } from '../support/world.ts';

const SECOND = 1_000;

it('attempts under way stay near `concurrency` while many receivers hang', async () => {
  await using world = await createWorld({
    script: () => 'hang',
    limits: { hook_concurrency: 2, concurrency: 8 },
  });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHooks(workspace, 200);
  await world.clock.until(world.send(workspace));
  await world.live(12 * SECOND);
  expect(world.transport.peak()).toBeLessThanOrEqual(16);
});

it('with concurrency 1 a slow hook still gets its events', async () => {
  await using world = await createWorld({
    script: () => ({ status: 200, after_ms: 3_000 }),
    limits: { hook_concurrency: 8, concurrency: 1 },
  });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace);
  for (let n = 0; n < 5; n += 1) await world.clock.until(world.send(workspace));
  await world.live(3_600 * SECOND);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 5 });
});

it('suspects of receivers that hang do not hold accepts of others back', async () => {
  let dies = true;
  await using world = await createWorld({
    limits: { hook_concurrency: 8, concurrency: 1024 },
    script: ({ url }) => {
      if (url === 'https://well.example.com/') return { status: 200 };
      if (url === 'https://killer.example.com/' && dies) {
        dies = false;
        return 'die';
      }
      return 'hang';
    },
  });
  const bad = await world.arrange.addWorkspace();
  await world.arrange.addHooks(bad, 400);
  await world.arrange.addHook(bad, { url: 'https://killer.example.com/' });
  const good = await world.arrange.addWorkspace();
  await world.arrange.addHook(good, { url: 'https://well.example.com/' });
  await world.clock.until(world.send(bad));
  await world.live(5 * SECOND);
  const asked_at = world.clock.now();
  let done_at: number | null = null;
  const sent = async (): Promise<void> => {
    await world.send(good);
    done_at = world.clock.now();
  };
  void sent();
  await world.live(600 * SECOND);
  expect(done_at).not.toBeNull();
  expect(done_at! - asked_at).toBeLessThan(2 * SECOND);
});

it('a suspect of a healthy tenant does not wait behind the hanging suspects of another', async () => {
  let dies = true;
  await using world = await createWorld({
    limits: { hook_concurrency: 8, concurrency: 1024 },
    script: ({ url }, nth) => {
      if (url === 'https://killer.example.com/' && dies) {
        dies = false;
        return 'die';
      }
      if (url === 'https://well.example.com/')
        return nth === 1 ? { status: 200, after_ms: 100 } : { status: 200 };
      return 'hang';
    },
  });
  const bad = await world.arrange.addWorkspace();
  await world.arrange.addHooks(bad, 100);
  await world.arrange.addHook(bad, { url: 'https://killer.example.com/' });
  const good = await world.arrange.addWorkspace();
  const well = await world.arrange.addHook(good, { url: 'https://well.example.com/' });
  const both = Promise.all([world.send(bad), world.send(good)]);
  await world.clock.until(both);
  await world.live(120 * SECOND);
  expect(await countStatuses(world.arrange, { hook_id: well })).toEqual({ succeeded: 1 });
});

it('one event for 2,000 receivers that hang keeps the attempts under way near `concurrency`', async () => {
  await using world = await createWorld({
    script: () => 'hang',
    limits: { hook_concurrency: 2, concurrency: 64 },
  });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHooks(workspace, 2_000);
  await world.clock.until(world.send(workspace));
  await world.live(25 * SECOND);
  expect(world.transport.peak()).toBeLessThanOrEqual(2 * 64);
});

it('accepts that wait are bounded, also when every one has a tenant of its own', async () => {
  await using world = await createWorld();
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace);
  const outcomes: Promise<string>[] = [];
  for (let n = 0; n < 20_000; n += 1) {
    const event = { type: 'order.created', data: {}, tenant: `cus_${n}` };
    outcomes.push(
      world.loop.accept.event(workspace, event).then(
        () => 'accepted',
        (error: { code?: string }) => error.code ?? 'unknown',
      ),
    );
  }
  await world.clock.settle();
  expect(world.loop.gauges().waiting_accepts).toBeLessThanOrEqual(2 * 4_096);
  await world.live(60 * SECOND);
  const kinds = new Set(await Promise.all(outcomes));
  expect(kinds).toEqual(new Set(['accepted', 'overloaded']));
});

it('after a stop that gave up, nothing goes on trying, and no caller waits for ever', async () => {
  const state = { fails: false, commits: 0 };
  await using world = await createWorld({
    script: () => ({ status: 200, after_ms: 50 }),
    wrapStore: (store) =>
      new Proxy(store, {
        get: (verbs, name) =>
          name === 'commitBatch'
            ? (batch: never) => {
                state.commits += 1;
                return state.fails ? Promise.reject(new Error('disk')) : verbs.commitBatch(batch);
              }
            : Reflect.get(verbs, name),
      }),
  });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace);
  await world.clock.until(world.send(workspace));
  await world.live(1_000);
  const [delivery] = await world.arrange.deliveries();
  const { attempt } = await world.clock.until(world.loop.redeliver(workspace, delivery!.id));
  let settled = false;
  const watch = async (): Promise<void> => {
    await attempt;
    settled = true;
  };
  void watch();
  state.fails = true;
  await expect(world.stop()).rejects.toMatchObject({ code: 'storage_failed' });
  const before = state.commits;
  await world.clock.advance(60_000);
  expect.soft(state.commits - before).toBe(0);
  expect.soft(settled).toBe(true);
});
