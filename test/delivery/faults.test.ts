import { expect, it } from 'vitest';
import { createWorld } from '../support/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const IDLE = { in_flight: 0, queued: 0, waiting_accepts: 0 };

it('deliveries of an undefined dialect wait with their reason, and barely touch the database', async () => {
  let commits = 0;
  await using world = await createWorld({
    hooks: [{ dialect: 'removed' }],
    wrapStore: (store) => ({
      commitBatch: (batch) => {
        commits += 1;
        return store.commitBatch(batch);
      },
    }),
  });
  await world.sendMany(500);
  const accepting = commits;
  await world.live(5 * MINUTE);
  expect(world.sent()).toEqual([]);
  expect(commits - accepting).toBeLessThanOrEqual(1_000);
  const deliveries = await world.arrange.deliveries();
  expect(deliveries).toHaveLength(500);
  const waiting = { status: 'pending', attempts: 0, failure_reason: 'dialect_missing' };
  for (const delivery of deliveries) {
    expect(delivery).toMatchObject(waiting);
    expect(delivery.next_attempt_at! - world.clock.now()).toBeGreaterThan(-2 * SECOND);
  }
});

it('deliveries of a dialect that is defined again are sent', async () => {
  await using world = await createWorld({ hooks: [{ dialect: 'removed' }] });
  await world.send();
  await world.live(MINUTE);
  expect(world.sent()).toEqual([]);
  await world.arrange.setHookDialect(world.hooks[0]!, 'standard');
  await world.live(5 * MINUTE);
  expect(await world.arrange.deliveries()).toMatchObject([
    { status: 'succeeded', failure_reason: null, returns: 0 },
  ]);
});

it('a secret that cannot be decrypted stops only its own hook', async () => {
  await using world = await createWorld({ hooks: [{}, {}] });
  const [unreadable, readable] = world.hooks;
  await world.arrange.breakSecrets(unreadable!);
  const healthy = await world.addWorkspace();
  const sent = [world.send(), world.send({}, healthy), world.send()];
  const receipts = await world.clock.until(Promise.all(sent));
  expect(receipts.map(({ deliveries }) => deliveries)).toEqual([2, 1, 2]);
  await world.live(MINUTE);
  expect(await world.statuses({ hook_id: readable! })).toEqual({ succeeded: 2 });
  const waiting = { status: 'pending', failure_reason: 'hook_unreadable' };
  expect(await world.arrange.deliveries({ hook_id: unreadable! })).toMatchObject([waiting, waiting]);
  expect(await world.statuses()).toEqual({ succeeded: 3, pending: 2 });
});

it('an observer that throws after a commit does not make the commit look failed', async () => {
  await using world = await createWorld({
    onObservation: () => {
      throw new Error('the observer is broken');
    },
  });
  expect(await world.clock.until(world.send())).toMatchObject({ deliveries: 1 });
  await world.live(SECOND);
  expect(await world.statuses()).toEqual({ succeeded: 1 });
  expect(world.loop.gauges()).toEqual(IDLE);
});

it('an attempt that the database cannot store fails its delivery, and the accepts of its batch succeed', async () => {
  let broken_id = '';
  let is_well = false;
  await using world = await createWorld({
    script: () => ({ status: is_well ? 200 : 500, after_ms: 5 }),
    wrapStore: (store) => ({
      // NaN is a value that no driver can bind: only the settlement without its attempt can be written.
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
  await world.sendMany(1);
  broken_id = (await world.arrange.deliveries())[0]!.id;
  const accepted = Promise.all(world.offer(20));
  await world.live(2 * SECOND);
  expect(await accepted).toHaveLength(20);
  expect(await world.arrange.delivery(broken_id)).toMatchObject({
    status: 'failed',
    failure_reason: 'unrecordable',
    attempts: 0,
  });
  expect(await world.statuses()).toEqual({ failed: 1, pending: 20 });
  expect(world.loop.gauges()).toMatchObject({ in_flight: 0, queued: 0 });
  broken_id = '';
  is_well = true;
  await world.live(MINUTE);
  expect(await world.statuses()).toEqual({ failed: 1, succeeded: 20 });
});

it('an event for 20,000 hooks is accepted at once, and all its deliveries are sent, even after a crash', async () => {
  await using world = await createWorld({ hooks: [], limits: { hook_concurrency: 8, concurrency: 1_024 } });
  await world.arrange.addHooks(world.workspace, 20_000);
  const small = await world.addWorkspace();
  expect(await world.send()).toMatchObject({ deliveries: 20_000 });
  expect(await world.send({}, small)).toMatchObject({ deliveries: 1 });
  expect(await world.arrange.countDeliveries()).toBeLessThan(10_000);
  world.crash();
  await world.boot();
  await world.live(MINUTE);
  expect(await world.statuses()).toEqual({ succeeded: 20_001 });
}, 60_000);

it('disabling a hook with a large backlog takes many short commits', async () => {
  await using world = await createWorld({ hooks: [{ events: ['never'] }], script: () => ({ status: 410 }) });
  const hook = world.hooks[0]!;
  await world.arrange.addBacklog(hook, 20_000, world.clock.now() + 10 * MINUTE);
  await world.arrange.setHookEvents(hook, ['*']);
  await world.sendMany(1);
  await world.clock.settle();
  // The commit that records the 410 holds only a few hundred deliveries of the backlog.
  const { held = 0, pending = 0 } = await world.statuses();
  expect(await world.arrange.hook(hook)).toMatchObject({ status: 'disabled' });
  expect(held).toBeLessThanOrEqual(200);
  expect(held + pending).toBe(20_000);
  await world.clock.until(world.loop.sweep());
  expect(await world.statuses()).toEqual({ failed: 1, held: 20_000 });
});

it('a sweep deletes previous secrets whose grace period has ended', async () => {
  await using world = await createWorld({ hooks: [] });
  const now = world.clock.now();
  const hook = await world.arrange.addHook(world.workspace, { previous: [now + SECOND, now + MINUTE] });
  expect(await world.arrange.secrets(hook)).toHaveLength(3);
  await world.clock.advance(2 * SECOND);
  await world.clock.until(world.loop.sweep());
  expect(await world.arrange.secrets(hook)).toMatchObject([
    { expires_at: null },
    { expires_at: now + MINUTE },
  ]);
});
