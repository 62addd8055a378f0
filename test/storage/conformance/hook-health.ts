import { expect } from 'vitest';
import type { Outcome } from '../../../packages/server/src/core/outcome.ts';
import { type Check, DAY_MS, ERROR, GONE, NOW, OK, STRICT_POLICY } from './kit.ts';

/** The failure counters of a hook, and the ways in which it gets disabled. */
export const hookHealth = (check: Check): void => {
  check('failures are counted since the first of them, and one success resets the count', async (kit) => {
    const pair = await kit.pair();
    for (const now of [NOW + 1, NOW + 2]) {
      await kit.settle(kit.attempted(await kit.leaseFor(pair), ERROR), now);
    }
    const failing = { consecutive_failures: 2, failing_since: NOW + 1 };
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject(failing);
    await kit.end(await kit.leaseFor(pair), OK);
    const healthy = { consecutive_failures: 0, failing_since: null };
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject(healthy);
  });

  check('our own faults are not counted against a hook', async (kit) => {
    const pair = await kit.pair({ consecutive_failures: 3, failing_since: NOW - DAY_MS });
    const ours: Outcome[] = [
      { kind: 'interrupted' },
      { kind: 'address_blocked', code: 'address_private' },
      { kind: 'interrupted', fault: 'EADDRNOTAVAIL' },
      { kind: 'interrupted', fault: 'RESOLVER_DOWN' },
    ];
    for (const outcome of ours) await kit.end(await kit.leaseFor(pair), outcome);
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({ consecutive_failures: 3, status: 'active' });
    await kit.end(await kit.leaseFor(pair), { kind: 'timeout', phase: 'connect' });
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({ consecutive_failures: 4 });
  });

  check(
    'ping, test and validate attempts count neither for nor against a hook, a failed manual one not against it',
    async (kit) => {
      const failing = { consecutive_failures: 3, failing_since: NOW - DAY_MS };
      const pair = await kit.pair(failing);
      for (const outcome of [OK, ERROR]) {
        for (const trigger of ['ping', 'test', 'validate'] as const) {
          await kit.end(await kit.leaseFor(pair, { trigger }), outcome);
        }
      }
      const leased = await kit.leaseFor(pair, { trigger: 'test' });
      await kit.end(leased, OK);
      await kit.end(await kit.manual(leased), ERROR);
      expect(await kit.arrange.hook(pair.hook_id)).toMatchObject(failing);
      await kit.end(await kit.manual(leased), OK);
      expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({
        consecutive_failures: 0,
        failing_since: null,
      });
    },
  );

  check('a 410 disables the hook at once, for every trigger', async (kit) => {
    for (const trigger of ['scheduled', 'ping', 'test', 'validate'] as const) {
      const pair = await kit.pair();
      const leased = await kit.leaseFor(pair, { trigger });
      expect(await kit.end(leased, GONE)).toMatchObject({ status: 'failed', disabled: 'gone_410' });
      const disabled = { status: 'disabled', disabled_reason: 'gone_410' };
      expect(await kit.arrange.hook(pair.hook_id)).toMatchObject(disabled);
      expect(await kit.hook(pair.hook_id)).toMatchObject(disabled);
      const failure_reason = trigger === 'scheduled' ? 'hook_gone' : 'single_attempt';
      expect(await kit.row(leased)).toMatchObject({ failure_reason });
    }
  });

  check('a disabled hook holds its other pending deliveries, and only its own', async (kit) => {
    const pair = await kit.pair();
    const other = { ...pair, hook_id: await kit.arrange.addHook(pair.workspace_id) };
    const pending = await kit.pendingFor(pair, [NOW, NOW + DAY_MS]);
    const [untouched] = await kit.pendingFor(other, [NOW]);
    const under_way = await kit.leaseFor(pair);
    await kit.end(await kit.leaseFor(pair), GONE);
    for (const id of pending) {
      expect(await kit.arrange.delivery(id)).toMatchObject({ status: 'held', next_attempt_at: null });
    }
    expect(await kit.arrange.delivery(untouched!)).toMatchObject({ status: 'pending' });
    expect(await kit.row(under_way)).toMatchObject({ status: 'sending' });
    await kit.end(under_way, ERROR);
    expect(await kit.row(under_way)).toMatchObject({ status: 'held' });
    expect(await kit.due(NOW + 10 * DAY_MS)).toEqual([other]);
  });

  check('under a strict policy, the failure that exhausts the schedule disables the hook', async (kit) => {
    const pair = await kit.pair();
    const [pending] = await kit.pendingFor(pair, [NOW]);
    const leased = await kit.leaseFor(pair);
    const last = { ...leased, delivery: { ...leased.delivery, failures: 1 } };
    const ended = { kind: 'settled', status: 'failed', next_attempt_at: null };
    const disabled_reason = 'attempts_exhausted';
    expect(await kit.end(last, ERROR, { policy: STRICT_POLICY })).toMatchObject({
      ...ended,
      disabled: disabled_reason,
    });
    const disabled = { status: 'disabled', disabled_reason };
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject(disabled);
    expect(await kit.arrange.delivery(pending!)).toMatchObject({ status: 'held' });
  });

  check('five days of twenty failures disable the hook, which holds the last delivery too', async (kit) => {
    const pair = await kit.pair({ consecutive_failures: 19, failing_since: NOW - 5 * DAY_MS });
    const [pending] = await kit.pendingFor(pair, [NOW]);
    const leased = await kit.leaseFor(pair);
    const held = { status: 'held', next_attempt_at: null };
    expect(await kit.end(leased, ERROR)).toMatchObject({ kind: 'settled', ...held, disabled: 'failing' });
    const disabled = { status: 'disabled', disabled_reason: 'failing', consecutive_failures: 20 };
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject(disabled);
    for (const id of [pending!, leased.delivery.id]) {
      expect(await kit.arrange.delivery(id)).toMatchObject(held);
    }
  });

  for (const [name, setup, policy] of [
    ['a failure that leaves attempts', {}, { policy: STRICT_POLICY }],
    ['nineteen failures', { consecutive_failures: 18, failing_since: NOW - 6 * DAY_MS }, {}],
    [
      'a millisecond less than five days',
      { consecutive_failures: 40, failing_since: NOW - 5 * DAY_MS + 1 },
      {},
    ],
  ] as const) {
    check(`${name} does not disable the hook`, async (kit) => {
      const pair = await kit.pair(setup);
      const answer = await kit.end(await kit.leaseFor(pair), ERROR, policy);
      expect(answer).toMatchObject({ status: 'pending', disabled: null });
      expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({ status: 'active' });
    });
  }

  check('two failures in one batch are both counted', async (kit) => {
    const pair = await kit.pair();
    const [one, two] = [await kit.leaseFor(pair), await kit.leaseFor(pair)];
    await kit.commit({ settlements: [kit.attempted(one, ERROR), kit.attempted(two, ERROR)] });
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({ consecutive_failures: 2 });
  });

  check('a failure of a hook that was paused meanwhile leaves it paused, without a reason', async (kit) => {
    const pair = await kit.pair();
    const leased = await kit.leaseFor(pair);
    await kit.arrange.setHookStatus(pair.hook_id, 'paused');
    expect(await kit.end(leased, ERROR)).toMatchObject({ status: 'held', disabled: null });
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({ status: 'paused', disabled_reason: null });
  });
};
