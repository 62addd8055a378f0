import { expect, it } from 'vitest';
import { countStatuses, createWorld } from '../support/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

it('deliveries of a dialect that is not defined wait with their reason, and hardly touch the database', async () => {
  let commits = 0;
  await using world = await createWorld({
    wrapStore: (store) => ({
      ...store,
      commitBatch: (batch) => {
        commits += 1;
        return store.commitBatch(batch);
      },
    }),
  });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace, { dialect: 'removed' });
  await world.clock.until(Promise.all(Array.from({ length: 500 }, () => world.send(workspace))));
  const accepting = commits;
  await world.live(5 * MINUTE);
  expect(commits - accepting).toBeLessThan(1_000);
  const deliveries = await world.arrange.deliveries();
  expect(deliveries).toHaveLength(500);
  for (const { status, attempts, failure_reason, next_attempt_at } of deliveries) {
    expect({ status, attempts, failure_reason }).toEqual({
      status: 'pending',
      attempts: 0,
      failure_reason: 'dialect_missing',
    });
    expect(next_attempt_at! - world.clock.now()).toBeGreaterThan(-2 * SECOND);
  }
});

it('deliveries of a dialect that is defined again are sent', async () => {
  await using world = await createWorld();
  const workspace = await world.arrange.addWorkspace();
  const hook = await world.arrange.addHook(workspace, { dialect: 'removed' });
  await world.send(workspace);
  await world.live(MINUTE);
  expect(world.sent()).toEqual([]);
  await world.arrange.setHookDialect(hook, 'standard');
  await world.live(5 * MINUTE);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 1 });
  expect(await world.arrange.deliveries()).toMatchObject([{ failure_reason: null, returns: 0 }]);
});

it('a secret that cannot be decrypted stops its own hook and no event of another workspace', async () => {
  await using world = await createWorld();
  const [broken, healthy] = [await world.arrange.addWorkspace(), await world.arrange.addWorkspace()];
  const unreadable = await world.arrange.addHook(broken);
  await world.arrange.breakSecrets(unreadable);
  const readable = await world.arrange.addHook(broken);
  await world.arrange.addHook(healthy);
  const sent = [world.send(broken), world.send(healthy), world.send(broken)];
  expect(await world.clock.until(Promise.all(sent))).toMatchObject([
    { deliveries: 2 },
    { deliveries: 1 },
    { deliveries: 2 },
  ]);
  await world.live(MINUTE);
  expect(await countStatuses(world.arrange, { hook_id: readable })).toEqual({ succeeded: 2 });
  expect(await world.arrange.deliveries({ hook_id: unreadable })).toMatchObject([
    { status: 'pending', failure_reason: 'hook_unreadable' },
    { status: 'pending', failure_reason: 'hook_unreadable' },
  ]);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 3, pending: 2 });
});

it('an observer that throws after a commit does not make the commit look failed', async () => {
  await using world = await createWorld({
    onObservation: () => {
      throw new Error('the observer is broken');
    },
  });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace);
  expect(await world.clock.until(world.send(workspace))).toMatchObject({ deliveries: 1 });
  await world.live(SECOND);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 1 });
  expect(world.loop.gauges()).toEqual({ in_flight: 0, queued: 0, waiting_accepts: 0 });
});

it('an attempt that the database refuses to store is put aside, and the accepts beside it are answered', async () => {
  let broken_id = '';
  await using world = await createWorld({
    script: () => ({ status: 500, after_ms: 5 }),
    wrapStore: (store) => ({
      ...store,
      // Stands for a value that no driver can bind: its settlement can be written only without the attempt.
      commitBatch: (batch) =>
        store.commitBatch({
          ...batch,
          settlements: batch.settlements.map((settlement) =>
            settlement.kind === 'attempted' && settlement.delivery.id === broken_id
              ? { ...settlement, attempt: { ...settlement.attempt, started_at: Number.NaN } }
              : settlement,
          ),
        }),
    }),
  });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace);
  await world.clock.until(world.send(workspace));
  broken_id = (await world.arrange.deliveries())[0]!.id;
  const accepted = Promise.all(Array.from({ length: 20 }, () => world.send(workspace)));
  await world.live(2 * SECOND);
  expect(await accepted).toHaveLength(20);
  expect(await world.arrange.delivery(broken_id)).toMatchObject({
    status: 'failed',
    failure_reason: 'unrecordable',
    attempts: 0,
  });
  expect(await countStatuses(world.arrange)).toEqual({ failed: 1, pending: 20 });
  expect(world.loop.gauges()).toMatchObject({ in_flight: 0, queued: 0 });
  broken_id = '';
  await world.live(10 * SECOND);
  expect((await world.arrange.attempts()).length).toBeGreaterThanOrEqual(40);
});

it('an event for 20,000 hooks is accepted at once, and its deliveries follow, also after a crash', async () => {
  await using world = await createWorld({ limits: { hook_concurrency: 8, concurrency: 1_024 } });
  const [large, small] = [await world.arrange.addWorkspace(), await world.arrange.addWorkspace()];
  await world.arrange.addHooks(large, 20_000);
  await world.arrange.addHook(small);
  expect(await world.send(large)).toMatchObject({ deliveries: 20_000 });
  expect(await world.send(small)).toMatchObject({ deliveries: 1 });
  expect(await world.arrange.countDeliveries()).toBeLessThan(10_000);
  world.crash();
  await world.boot();
  await world.live(MINUTE);
  expect(await world.arrange.countDeliveries()).toBe(20_001);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 20_001 });
}, 60_000);

it('disabling, pausing and deleting a hook with a large backlog never holds a commit for long', async () => {
  await using world = await createWorld({ script: () => ({ status: 410 }) });
  const workspace = await world.arrange.addWorkspace();
  const hook = await world.arrange.addHook(workspace, { events: ['never'] });
  await world.arrange.addBacklog(hook, 20_000, world.clock.now() + 10 * MINUTE);
  await world.arrange.setHookEvents(hook, ['*']);
  await world.clock.until(world.send(workspace));
  await world.clock.settle();
  // One commit recorded the 410: it held no more than a few hundred of the backlog.
  const { held = 0, pending = 0 } = await countStatuses(world.arrange);
  expect(await world.arrange.hook(hook)).toMatchObject({ status: 'disabled' });
  expect(held).toBeLessThanOrEqual(200);
  expect(held + pending).toBe(20_000);
  await world.clock.until(world.loop.sweep());
  expect(await countStatuses(world.arrange)).toEqual({ failed: 1, held: 20_000 });
});

it('previous secrets leave the table when their grace has ended', async () => {
  await using world = await createWorld();
  const workspace = await world.arrange.addWorkspace();
  const now = world.clock.now();
  const hook = await world.arrange.addHook(workspace, { previous: [now + SECOND, now + MINUTE] });
  expect(await world.arrange.secrets(hook)).toHaveLength(3);
  await world.clock.advance(2 * SECOND);
  await world.clock.until(world.loop.sweep());
  expect(await world.arrange.secrets(hook)).toMatchObject([
    { expires_at: null },
    { expires_at: now + MINUTE },
  ]);
});
