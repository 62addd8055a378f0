import { expect } from 'vitest';
import { type Check, LEASE_MS, NOW, OK } from './kit.ts';

/** Leases of dead processes, and leases that have expired. */
export const recovery = (check: Check): void => {
  check('a node that starts releases the leases of other nodes and keeps its own', async (kit) => {
    const pair = await kit.pair();
    const leased = await kit.leaseFor(pair);
    expect(await kit.store.releaseLeases({ now: NOW, of: 'dead_nodes' })).toBe(0);
    expect(await kit.row(leased)).toMatchObject({ status: 'sending' });
    expect(await kit.release()).toBe(1);
    expect(await kit.row(leased)).toMatchObject({ status: 'pending', leased_by: null });
  });

  check('an expired lease of a delivery that its holder still sends is kept', async (kit) => {
    const pair = await kit.pair();
    const [held, lost] = [await kit.leaseFor(pair), await kit.leaseFor(pair)];
    const now = NOW + LEASE_MS + 1;
    const of_held = { now, of: 'expired', held: () => new Set([held.delivery.id]) } as const;
    expect(await kit.store.releaseLeases(of_held)).toBe(1);
    expect(await kit.row(held)).toMatchObject({ status: 'sending' });
    expect(await kit.row(lost)).toMatchObject({ status: 'pending' });
    expect(await kit.settle(kit.attempted(held, OK), now)).toMatchObject({ status: 'succeeded' });
  });

  check('only the holder of a lease extends it', async (kit) => {
    const pair = await kit.pair();
    const ours = await kit.leaseFor(pair);
    const [settled, taken] = [await kit.leaseFor(pair), await kit.leaseFor(pair)];
    await kit.end(settled, OK);
    const extended = await kit.store.extendLeases({
      now: NOW,
      lease_until: NOW + 2 * LEASE_MS,
      leases: [ours, settled, { ...taken, lease_token: taken.lease_token + 1 }],
    });
    expect([...extended]).toEqual([ours.delivery.id]);
    expect(await kit.row(ours)).toMatchObject({ lease_until: NOW + 2 * LEASE_MS });
    expect(await kit.row(taken)).toMatchObject({ lease_until: NOW + LEASE_MS });
    expect(await kit.end(ours, OK)).toMatchObject({ status: 'succeeded' });
  });

  check('only expired leases are released', async (kit) => {
    const pair = await kit.pair();
    const lease = async (now: number) => {
      const { accepted } = await kit.commit({ events: [kit.event(pair.workspace_id)], now });
      return accepted[0]!.kind === 'accepted' ? accepted[0]!.leased[0]! : null!;
    };
    const [passed, current] = [await lease(NOW), await lease(NOW + 1)];
    const now = NOW + LEASE_MS + 1;
    expect(await kit.store.releaseLeases({ now, of: 'expired', held: () => new Set<string>() })).toBe(1);
    expect(await kit.row(passed)).toMatchObject({
      status: 'pending',
      next_attempt_at: now,
      lease_until: null,
      attempts: 1,
      failures: 0,
    });
    expect(await kit.row(current)).toMatchObject({ status: 'sending' });
    expect(await kit.arrange.attempts(current.delivery.id)).toEqual([]);
    expect(await kit.store.releaseLeases({ now, of: 'expired', held: () => new Set<string>() })).toBe(0);
  });

  check('a takeover releases every lease, each with exactly one interrupted attempt', async (kit) => {
    const pairs = [await kit.pair(), await kit.pair()];
    const leased = [];
    for (let index = 0; index < 30; index += 1) leased.push(await kit.leaseFor(pairs[index % 2]!));
    const done = leased.pop()!;
    await kit.end(done, OK);
    expect(await kit.release(NOW + 5)).toBe(29);
    expect(await kit.release(NOW + 5)).toBe(0);
    for (const { delivery } of leased) {
      expect(await kit.arrange.attempts(delivery.id)).toMatchObject([
        { number: 1, outcome: 'interrupted', trigger: 'scheduled', request_body: null },
      ]);
      expect(await kit.arrange.delivery(delivery.id)).toMatchObject({ status: 'pending', failures: 0 });
    }
    expect(await kit.arrange.attempts(done.delivery.id)).toMatchObject([{ outcome: 'succeeded' }]);
    for (const { hook_id } of pairs) {
      expect(await kit.arrange.hook(hook_id)).toMatchObject({ consecutive_failures: 0, status: 'active' });
    }
  });

  check('a takeover of more leases than one transaction holds releases them all', async (kit) => {
    const { workspace_id } = await kit.pair();
    const events = Array.from({ length: 1_203 }, () => kit.event(workspace_id));
    await kit.commit({ events, max_deliveries: events.length });
    expect(await kit.store.openDeliveries(NOW)).toMatchObject({ pending: 0, sending: 1_203, held: 0 });
    expect([await kit.release(), await kit.release(), await kit.release()]).toEqual([500, 500, 203]);
    expect(await kit.store.openDeliveries(NOW)).toMatchObject({ pending: 1_203, sending: 0, held: 0 });
  });

  check('a delivery of a dead process follows the current state of its hook', async (kit) => {
    for (const [state, scheduled, test] of [
      ['active', 'pending', 'pending'],
      ['paused', 'held', 'failed'],
      ['disabled', 'held', 'failed'],
      ['deleted', 'canceled', 'failed'],
    ] as const) {
      const pair = await kit.pair();
      const [usual, single] = [await kit.leaseFor(pair), await kit.leaseFor(pair, { trigger: 'test' })];
      await kit.enter(pair.hook_id, state);
      await kit.release();
      expect(await kit.row(usual), state).toMatchObject({ status: scheduled });
      expect(await kit.row(single), state).toMatchObject({ status: test });
    }
  });
};
