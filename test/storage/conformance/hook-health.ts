import { expect } from 'vitest';
import type { Outcome } from '../../../packages/server/src/core/outcome.ts';
import { type Check, DAY_MS, ERROR, GONE, NOW, OK, STRICT_POLICY } from './kit.ts';

/** What attempts mean for their hook: counters, and the ways in which it gets disabled. */
export const hookHealth = (check: Check): void => {
  check('failures are counted since the first of them, and one success forgets them', async (kit) => {
    const pair = await kit.pair();
    for (const now of [NOW + 1, NOW + 2]) {
      await kit.settle(kit.attempted(await kit.leaseFor(pair), ERROR), now);
    }
    const failing = { consecutive_failures: 2, failing_since: NOW + 1 };
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject(failing);
    await kit.settle(kit.attempted(await kit.leaseFor(pair), OK));
    const healthy = { consecutive_failures: 0, failing_since: null };
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject(healthy);
  });

  check('our own faults are not counted against a hook', async (kit) => {
    const pair = await kit.pair({ consecutive_failures: 3, failing_since: NOW - DAY_MS });
    const ours: Outcome[] = [
      { kind: 'interrupted' },
      { kind: 'address_blocked', code: 'address_private' },
      { kind: 'dns_failed', code: 'ETIMEOUT' },
      { kind: 'timeout', phase: 'dns' },
    ];
    for (const outcome of ours) await kit.settle(kit.attempted(await kit.leaseFor(pair), outcome));
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({ consecutive_failures: 3, status: 'active' });
    await kit.settle(kit.attempted(await kit.leaseFor(pair), { kind: 'timeout', phase: 'connect' }));
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({ consecutive_failures: 4 });
  });

  check('ping, test, validate and manual attempts count neither for nor against a hook', async (kit) => {
    const pair = await kit.pair({ consecutive_failures: 3, failing_since: NOW - DAY_MS });
    for (const trigger of ['ping', 'test', 'validate'] as const) {
      for (const outcome of [OK, ERROR])
        await kit.settle(kit.attempted(await kit.leaseFor(pair, { trigger }), outcome));
    }
    const leased = await kit.leaseFor(pair, { trigger: 'test' });
    await kit.settle(kit.attempted(leased, OK));
    for (const outcome of [OK, ERROR]) await kit.settle(kit.attempted(await kit.manual(leased), outcome));
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({
      consecutive_failures: 3,
      failing_since: NOW - DAY_MS,
    });
  });

  check('a 410 disables the hook at once, whatever asked for the attempt', async (kit) => {
    for (const trigger of ['scheduled', 'ping', 'test', 'validate'] as const) {
      const pair = await kit.pair();
      const leased = await kit.leaseFor(pair, { trigger });
      expect(await kit.settle(kit.attempted(leased, GONE))).toMatchObject({
        status: 'failed',
        disabled: 'gone_410',
      });
      const disabled = { status: 'disabled', disabled_reason: 'gone_410' };
      expect(await kit.arrange.hook(pair.hook_id)).toMatchObject(disabled);
      expect(await kit.hook(pair.hook_id)).toMatchObject(disabled);
      const { failure_reason } = await kit.arrange.delivery(leased.delivery.id);
      expect(failure_reason).toBe(trigger === 'scheduled' ? 'hook_gone' : 'single_attempt');
    }
  });

  check('a disabled hook holds its other pending deliveries, and only its own', async (kit) => {
    const pair = await kit.pair();
    const other = { ...pair, hook_id: await kit.arrange.addHook(pair.workspace_id) };
    const pending = await kit.pendingFor(pair, [NOW, NOW + DAY_MS]);
    const [untouched] = await kit.pendingFor(other, [NOW]);
    const under_way = await kit.leaseFor(pair);
    await kit.settle(kit.attempted(await kit.leaseFor(pair), GONE));
    for (const id of pending) {
      expect(await kit.arrange.delivery(id)).toMatchObject({ status: 'held', next_attempt_at: null });
    }
    expect(await kit.arrange.delivery(untouched!)).toMatchObject({ status: 'pending' });
    expect(await kit.arrange.delivery(under_way.delivery.id)).toMatchObject({ status: 'sending' });
    await kit.settle(kit.attempted(under_way, ERROR));
    expect(await kit.arrange.delivery(under_way.delivery.id)).toMatchObject({ status: 'held' });
    expect(await kit.due(NOW + 10 * DAY_MS)).toEqual([other]);
  });

  check('where the schedule says so, the failure that uses it up disables the hook', async (kit) => {
    const pair = await kit.pair();
    const [pending] = await kit.pendingFor(pair, [NOW]);
    const leased = await kit.leaseFor(pair);
    const failed = (failures: number) =>
      kit.attempted({ ...leased, delivery: { ...leased.delivery, failures } }, ERROR, {
        policy: STRICT_POLICY,
      });
    expect(await kit.settle(failed(1))).toMatchObject({
      kind: 'settled',
      status: 'failed',
      next_attempt_at: null,
      disabled: 'attempts_exhausted',
    });
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({
      status: 'disabled',
      disabled_reason: 'attempts_exhausted',
    });
    expect(await kit.arrange.delivery(pending!)).toMatchObject({ status: 'held' });
  });

  check('a failure that leaves attempts does not disable the hook there', async (kit) => {
    const pair = await kit.pair();
    const result = await kit.settle(
      kit.attempted(await kit.leaseFor(pair), ERROR, { policy: STRICT_POLICY }),
    );
    expect(result).toMatchObject({ status: 'pending', disabled: null });
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({ status: 'active' });
  });

  check(
    'five days of twenty failures disable the hook, and the delivery that failed last is held too',
    async (kit) => {
      const pair = await kit.pair({ consecutive_failures: 19, failing_since: NOW - 5 * DAY_MS });
      const [pending] = await kit.pendingFor(pair, [NOW]);
      const leased = await kit.leaseFor(pair);
      expect(await kit.settle(kit.attempted(leased, ERROR))).toMatchObject({
        kind: 'settled',
        status: 'held',
        next_attempt_at: null,
        disabled: 'failing',
      });
      expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({
        status: 'disabled',
        disabled_reason: 'failing',
        consecutive_failures: 20,
      });
      for (const id of [pending!, leased.delivery.id]) {
        expect(await kit.arrange.delivery(id)).toMatchObject({ status: 'held', next_attempt_at: null });
      }
    },
  );

  check('nineteen failures, or a millisecond less than five days, do not disable the hook', async (kit) => {
    for (const [consecutive_failures, failing_since] of [
      [18, NOW - 6 * DAY_MS],
      [40, NOW - 5 * DAY_MS + 1],
    ] as const) {
      const pair = await kit.pair({ consecutive_failures, failing_since });
      const result = await kit.settle(kit.attempted(await kit.leaseFor(pair), ERROR));
      expect(result).toMatchObject({ status: 'pending', disabled: null });
      expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({ status: 'active' });
    }
  });

  check('two failures in one turn are both counted', async (kit) => {
    const pair = await kit.pair();
    const [one, two] = [await kit.leaseFor(pair), await kit.leaseFor(pair)];
    await kit.commit({ settlements: [kit.attempted(one, ERROR), kit.attempted(two, ERROR)] });
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({ consecutive_failures: 2 });
  });

  check(
    'a failure does not enable a hook that was paused in the meantime, nor change its reason',
    async (kit) => {
      const pair = await kit.pair();
      const leased = await kit.leaseFor(pair);
      await kit.arrange.setHookStatus(pair.hook_id, 'paused');
      expect(await kit.settle(kit.attempted(leased, ERROR))).toMatchObject({
        status: 'held',
        disabled: null,
      });
      expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({ status: 'paused', disabled_reason: null });
    },
  );
};
