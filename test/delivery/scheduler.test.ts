import { expect, it } from 'vitest';
import { ALONE } from '../../packages/server/src/core/cluster.ts';
import { HookThrottles } from '../../packages/server/src/delivery/hook-throttles.ts';
import type { Clock } from '../../packages/server/src/ports/clock.ts';
import { Scheduler } from '../../packages/server/src/delivery/scheduler.ts';
import type { LeasedDelivery } from '../../packages/server/src/ports/store.ts';

const lease = (id: string, hook: string): LeasedDelivery => ({
  delivery: {
    id,
    workspace_id: `ws_${hook.slice(0, 4)}`,
    tenant: null,
    event_id: 'e',
    event_type: 'a',
    hook_id: hook,
    trigger: 'scheduled',
    attempts: 0,
    failures: 0,
    returns: 0,
    has_succeeded: false,
    suspicion: 0,
    order_key: null,
    resume: null,
  },
  event: null,
  is_backlog: false,
  lease_token: 1,
  lease_until: 1e15,
});

/** A scheduler with a clock that the test moves. */
const createScheduler = (hook_concurrency: number) => {
  const clock = { now: 0 };
  const soon: (() => void)[] = [];
  const started: LeasedDelivery[] = [];
  const ports: Clock = {
    now: () => clock.now,
    monotonic: () => clock.now,
    busy: () => 0,
    after: () => () => {},
    soon: (work) => void soon.push(work),
    later: (work) => void soon.push(work),
  };
  const scheduler = new Scheduler({
    clock: ports,
    throttles: new HookThrottles({ clock: ports, cluster: ALONE, onClaimable: () => {} }),
    limits: { hook_concurrency, concurrency: 1024 },
    start: (batch) => void started.push(...batch),
  });
  const runSoon = () => {
    for (const work of soon.splice(0)) work();
  };
  return { scheduler, clock, started, runSoon };
};

it.each([100, 10_000])(
  'the time to schedule one delivery does not grow with the number of slow hooks (%i)',
  (hooks) => {
    const { scheduler, clock, started, runSoon } = createScheduler(8);
    // Every hook answers after 3 s and has more deliveries than there are slots for slow hooks.
    for (let h = 0; h < hooks; h += 1)
      scheduler.offer([0, 1, 2].map((n) => lease(`slow${h}_${n}`, `slow_${h}`)));
    for (let round = 0; round < 1 + (hooks * 3) / 512 / 3; round += 1) {
      runSoon();
      clock.now += 3_000;
      for (const { delivery } of started.splice(0)) scheduler.releaseSlot({ delivery, lease_token: 1 }, 0);
    }
    runSoon();
    const took: number[] = [];
    for (let n = 0; n < 200; n += 1) {
      const before = performance.now();
      scheduler.offer([lease(`fast${n}`, 'fast_hook')]);
      runSoon();
      scheduler.due();
      clock.now += 1;
      scheduler.releaseSlot(lease(`fast${n}`, 'fast_hook'), 0);
      took.push(performance.now() - before);
    }
    // The median: the mean of a few milliseconds includes pauses of the machine.
    expect(took.toSorted((a, b) => a - b)[100]).toBeLessThan(0.1);
  },
);

it('a backlog that is claimed from the store makes no accept wait, in any state of its queue', () => {
  const { scheduler, clock, started, runSoon } = createScheduler(2);
  const offer = (count: number, is_backlog: boolean, hook: string) =>
    scheduler.offer(
      Array.from({ length: count }, (_, n) => ({ ...lease(`${hook}_${is_backlog}_${n}`, hook), is_backlog })),
    );
  offer(500, true, 'one_a');
  expect([scheduler.queued, scheduler.due()]).toEqual([500, 0]);
  offer(3, false, 'one_a');
  offer(4, false, 'two_b');
  expect([scheduler.queued, scheduler.due()]).toEqual([507, 7]);
  runSoon();
  // Two of each hook have started: of the first one, one of its backlog.
  expect([started.length, scheduler.due()]).toEqual([4, 4]);
  // The attempts hang: both hooks are slow, and cause no backpressure at all.
  clock.now = 1_000;
  expect(scheduler.due()).toBe(0);
  for (const { delivery } of started.splice(0)) scheduler.releaseSlot({ delivery, lease_token: 1 }, 0);
  expect(scheduler.close()).toHaveLength(503);
  expect([scheduler.queued, scheduler.due()]).toEqual([0, 0]);
});

const until = (id: string, lease_until: number) => ({ ...lease(id, 'one_a'), lease_until });

it('returns queued deliveries shortly before their leases expire, also when only some do', () => {
  const { scheduler, clock, started, runSoon } = createScheduler(2);
  scheduler.offer([
    until('one', 60_000),
    until('two', 60_000),
    until('first', 90_000),
    until('then', 60_000),
  ]);
  runSoon();
  expect(started).toHaveLength(2);
  clock.now = 40_000;
  expect(scheduler.takeExpiring()).toEqual([]);
  clock.now = 50_000;
  expect(scheduler.takeExpiring().map(({ delivery }) => delivery.id)).toEqual(['then']);
  clock.now = 80_000;
  expect(scheduler.takeExpiring().map(({ delivery }) => delivery.id)).toEqual(['first']);
});
