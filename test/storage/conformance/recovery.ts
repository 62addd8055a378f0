import { expect } from 'vitest';
import { type Check, DAY_MS, ERROR, LEASE_MS, NOW, OK, POLICY } from './kit.ts';

/** What is left behind: by dead processes, and by time. */
export const recovery = (check: Check): void => {
  check('a start takes over the leases of other nodes and leaves its own', async (kit) => {
    const pair = await kit.pair();
    const { delivery } = await kit.leaseFor(pair);
    expect(await kit.store.releaseLeases({ now: NOW, of: 'dead_nodes' })).toBe(0);
    expect(await kit.arrange.delivery(delivery.id)).toMatchObject({ status: 'sending' });
    expect(await kit.release()).toBe(1);
    expect(await kit.arrange.delivery(delivery.id)).toMatchObject({ status: 'pending', leased_by: null });
  });

  check('an expired lease of a delivery that is still worked on stays', async (kit) => {
    const pair = await kit.pair();
    const [held, lost] = [await kit.leaseFor(pair), await kit.leaseFor(pair)];
    const now = NOW + LEASE_MS + 1;
    const of_held = { now, of: 'expired', held: new Set([held.delivery.id]) } as const;
    expect(await kit.store.releaseLeases(of_held)).toBe(1);
    expect(await kit.arrange.delivery(held.delivery.id)).toMatchObject({ status: 'sending' });
    expect(await kit.arrange.delivery(lost.delivery.id)).toMatchObject({ status: 'pending' });
    expect(await kit.settle(kit.attempted(held, OK), now)).toMatchObject({ status: 'succeeded' });
  });

  check('only the holder of a lease extends it', async (kit) => {
    const pair = await kit.pair();
    const [ours, settled, taken] = [
      await kit.leaseFor(pair),
      await kit.leaseFor(pair),
      await kit.leaseFor(pair),
    ];
    await kit.settle(kit.attempted(settled, OK));
    const extended = await kit.store.extendLeases({
      now: NOW,
      lease_until: NOW + 2 * LEASE_MS,
      leases: [ours, settled, { ...taken, lease_token: taken.lease_token + 1 }],
    });
    expect([...extended]).toEqual([ours.delivery.id]);
    expect(await kit.arrange.delivery(ours.delivery.id)).toMatchObject({ lease_until: NOW + 2 * LEASE_MS });
    expect(await kit.arrange.delivery(taken.delivery.id)).toMatchObject({ lease_until: NOW + LEASE_MS });
    expect(await kit.settle(kit.attempted(ours, OK))).toMatchObject({ status: 'succeeded' });
  });

  check('releasing takes only leases that have passed', async (kit) => {
    const pair = await kit.pair();
    const lease = async (now: number) => {
      const { accepted } = await kit.commit({ events: [kit.event(pair.workspace_id)], now });
      return accepted[0]!.kind === 'accepted' ? accepted[0]!.leased[0]! : null!;
    };
    const [passed, current] = [await lease(NOW), await lease(NOW + 1)];
    const now = NOW + LEASE_MS + 1;
    expect(await kit.store.releaseLeases({ now, of: 'expired', held: new Set() })).toBe(1);
    expect(await kit.arrange.delivery(passed.delivery.id)).toMatchObject({
      status: 'pending',
      next_attempt_at: now,
      lease_until: null,
      attempts: 1,
      failures: 0,
    });
    expect(await kit.arrange.delivery(current.delivery.id)).toMatchObject({ status: 'sending' });
    expect(await kit.arrange.attempts(current.delivery.id)).toEqual([]);
    expect(await kit.store.releaseLeases({ now, of: 'expired', held: new Set() })).toBe(0);
  });

  check('a takeover releases every lease, each with exactly one interrupted attempt', async (kit) => {
    const pairs = [await kit.pair(), await kit.pair()];
    const leased = [];
    for (let index = 0; index < 30; index += 1) leased.push(await kit.leaseFor(pairs[index % 2]!));
    const done = leased.pop()!;
    await kit.settle(kit.attempted(done, OK));
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
    expect(await kit.store.openDeliveries()).toEqual({ pending: 0, sending: 1_203, held: 0 });
    expect([await kit.release(), await kit.release(), await kit.release()]).toEqual([500, 500, 203]);
    expect(await kit.store.openDeliveries()).toEqual({ pending: 1_203, sending: 0, held: 0 });
  });

  check('what a dead process was sending is held, canceled or over as its hook stands now', async (kit) => {
    for (const [state, scheduled, test] of [
      ['active', 'pending', 'pending'],
      ['paused', 'held', 'failed'],
      ['disabled', 'held', 'failed'],
      ['deleted', 'canceled', 'failed'],
    ] as const) {
      const pair = await kit.pair();
      const [usual, single] = [await kit.leaseFor(pair), await kit.leaseFor(pair, { trigger: 'test' })];
      if (state === 'deleted') await kit.arrange.deleteHook(pair.hook_id);
      else if (state !== 'active') await kit.arrange.setHookStatus(pair.hook_id, state);
      await kit.release();
      const statuses = [usual, single].map(
        async ({ delivery }) => (await kit.arrange.delivery(delivery.id)).status,
      );
      expect([state, ...(await Promise.all(statuses))]).toEqual([state, scheduled, test]);
    }
  });

  check('forgetting deletes finished events that are old enough, with all their rows', async (kit) => {
    const pair = await kit.pair();
    const make = async (created_at: number, end: Parameters<typeof kit.attempted>[1] | null) => {
      const leased = await kit.leaseFor(pair, { created_at });
      if (end !== null)
        await kit.settle(kit.attempted(leased, end, { policy: { ...POLICY, delays_ms: [0] } }));
      return leased;
    };
    const before = NOW;
    const old = [await make(NOW - DAY_MS, OK), await make(NOW - 1, ERROR)];
    const young = [await make(NOW, OK), await make(NOW + 1, ERROR)];
    const sending = await make(NOW - DAY_MS, null);
    // Two events, two deliveries, two attempts.
    expect(await kit.prune(before)).toBe(6);
    const kept = [...young, sending];
    const keptIds = kept.map(({ delivery }) => delivery.event_id).toSorted();
    expect((await kit.arrange.events()).map(({ id }) => id).toSorted()).toEqual(keptIds);
    expect((await kit.arrange.deliveries()).map(({ event_id }) => event_id).toSorted()).toEqual(keptIds);
    for (const { delivery } of old) expect(await kit.arrange.attempts(delivery.id)).toEqual([]);
    expect(await kit.arrange.attempts()).toHaveLength(2);
  });

  check('an event with one delivery that is still to be sent is kept whole', async (kit) => {
    for (const state of ['pending', 'held', 'sending', 'canceled'] as const) {
      const workspace_id = await kit.arrange.addWorkspace();
      const done = await kit.arrange.addHook(workspace_id);
      const open = await kit.arrange.addHook(workspace_id, {
        status: state === 'held' ? 'paused' : 'active',
      });
      const saturated = state === 'pending' || state === 'canceled' ? [open] : [];
      const { accepted } = await kit.commit({ events: [kit.event(workspace_id)], saturated });
      const leased = accepted[0]!.kind === 'accepted' ? accepted[0]!.leased : [];
      for (const one of leased) if (one.delivery.hook_id === done) await kit.settle(kit.attempted(one, OK));
      if (state === 'canceled') await kit.arrange.deleteHook(open);
      expect(await kit.arrange.deliveries({ hook_id: open })).toMatchObject([{ status: state }]);
      const forgotten = state === 'canceled' ? 1 : 0;
      await kit.prune(NOW + 1);
      expect(await kit.arrange.events(workspace_id)).toHaveLength(1 - forgotten);
      expect(await kit.arrange.deliveries({ hook_id: done })).toHaveLength(1 - forgotten);
    }
  });

  check('pruning keeps to its limit over all workspaces, and comes to an end', async (kit) => {
    const workspaces = [await kit.arrange.addWorkspace(), await kit.arrange.addWorkspace()];
    for (const workspace of workspaces) {
      await kit.commit({ events: Array.from({ length: 5 }, () => kit.event(workspace)) });
    }
    const counts = [];
    for (let round = 0; round < 5; round += 1) counts.push(await kit.prune(NOW + 1, 4));
    expect(counts).toEqual([4, 4, 2, 0, 0]);
    expect(await kit.arrange.events()).toEqual([]);
  });

  check('an event with many deliveries is pruned over several slices, itself last', async (kit) => {
    const { workspace_id } = await kit.pair();
    for (let more = 0; more < 8; more += 1) await kit.arrange.addHook(workspace_id);
    const { leased } = await kit.stored(kit.event(workspace_id));
    for (const one of leased) await kit.settle(kit.attempted(one, OK));
    expect(leased).toHaveLength(9);
    expect([await kit.prune(NOW + 1, 6), await kit.prune(NOW + 1, 6)]).toEqual([6, 6]);
    expect(await kit.arrange.events()).toHaveLength(1);
    expect([await kit.prune(NOW + 1, 6), await kit.prune(NOW + 1, 6)]).toEqual([7, 0]);
    expect(await kit.arrange.events()).toEqual([]);
    expect(await kit.arrange.deliveries()).toEqual([]);
  });

  check('an old event that has to stay does not keep younger ones from being pruned', async (kit) => {
    const paused = await kit.pair({ status: 'paused' });
    const active = await kit.pair();
    for (let count = 0; count < 250; count += 1) {
      await kit.stored(kit.event(paused.workspace_id, { created_at: NOW - DAY_MS }));
    }
    const done = await kit.leaseFor(active, { created_at: NOW - DAY_MS });
    await kit.settle(kit.attempted(done, OK));
    let deleted = 0;
    for (let slice = 0; slice < 3; slice += 1) deleted += await kit.prune(NOW);
    expect(deleted).toBe(3);
    expect(await kit.arrange.events(active.workspace_id)).toEqual([]);
    expect(await kit.arrange.events(paused.workspace_id)).toHaveLength(250);
  });

  check('an event from a clock that was ahead does not stop pruning', async (kit) => {
    const pair = await kit.pair();
    for (const created_at of [NOW + 400 * DAY_MS, NOW - DAY_MS]) {
      await kit.settle(kit.attempted(await kit.leaseFor(pair, { created_at }), OK));
    }
    expect(await kit.prune(NOW)).toBe(3);
    expect(await kit.arrange.events()).toHaveLength(1);
  });

  check('previous secrets are deleted when their grace has ended, and the current one never', async (kit) => {
    const { hook_id } = await kit.pair({ secret: 'current', previous: [NOW - 2, NOW - 1, NOW + 1] });
    const secrets = async () => (await kit.hook(hook_id))!.secrets.map(({ expires_at }) => expires_at);
    expect(await secrets()).toHaveLength(4);
    expect(await kit.store.pruneSecrets({ now: NOW, limit: 1 })).toBe(1);
    expect(await kit.store.pruneSecrets({ now: NOW, limit: 10 })).toBe(1);
    expect(await kit.store.pruneSecrets({ now: NOW, limit: 10 })).toBe(0);
    expect(await secrets()).toEqual([null, NOW + 1]);
  });
};
