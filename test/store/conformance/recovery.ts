import { expect } from 'vitest';
import { type Check, DAY_MS, ERROR, LEASE_MS, NOW, OK, POLICY } from './kit.ts';

/** What is left behind: by dead processes, and by time. */
export const recovery = (check: Check): void => {
  check('releasing takes only leases that have passed', async (kit) => {
    const pair = await kit.pair();
    const lease = async (now: number) => {
      const { accepted } = await kit.commit({ events: [kit.event(pair.workspace_id)], now });
      return accepted[0]!.kind === 'accepted' ? accepted[0]!.leased[0]! : null!;
    };
    const [passed, current] = [await lease(NOW), await lease(NOW + 1)];
    const now = NOW + LEASE_MS + 1;
    expect(await kit.store.releaseLeases({ now, expired_before: now })).toBe(1);
    expect(await kit.arrange.delivery(passed.delivery.id)).toMatchObject({
      status: 'pending',
      next_attempt_at: now,
      lease_until: null,
      attempts: 1,
      failures: 0,
    });
    expect(await kit.arrange.delivery(current.delivery.id)).toMatchObject({ status: 'sending' });
    expect(await kit.arrange.attempts(current.delivery.id)).toEqual([]);
    expect(await kit.store.releaseLeases({ now, expired_before: now })).toBe(0);
  });

  check('a takeover releases every lease, each with exactly one interrupted attempt', async (kit) => {
    const pairs = [await kit.pair(), await kit.pair()];
    const leased = [];
    for (let index = 0; index < 30; index += 1) leased.push(await kit.leaseFor(pairs[index % 2]!));
    const done = leased.pop()!;
    await kit.settle(kit.attempted(done, OK));
    expect(await kit.store.releaseLeases({ now: NOW + 5, expired_before: null })).toBe(29);
    expect(await kit.store.releaseLeases({ now: NOW + 5, expired_before: null })).toBe(0);
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
    await kit.commit({ events });
    expect(await kit.store.openDeliveries()).toEqual({ pending: 0, sending: 1_203, held: 0 });
    expect(await kit.store.releaseLeases({ now: NOW, expired_before: null })).toBe(1_203);
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
      await kit.store.releaseLeases({ now: NOW, expired_before: null });
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
    expect(await kit.store.prune({ before, limit: 100 })).toBe(2);
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
      const full_hooks = state === 'pending' || state === 'canceled' ? [open] : [];
      const { accepted } = await kit.commit({ events: [kit.event(workspace_id)], full_hooks });
      const leased = accepted[0]!.kind === 'accepted' ? accepted[0]!.leased : [];
      for (const one of leased) if (one.delivery.hook_id === done) await kit.settle(kit.attempted(one, OK));
      if (state === 'canceled') await kit.arrange.deleteHook(open);
      expect(await kit.arrange.deliveries({ hook_id: open })).toMatchObject([{ status: state }]);
      const forgotten = state === 'canceled' ? 1 : 0;
      expect([state, await kit.store.prune({ before: NOW + 1, limit: 9 })]).toEqual([state, forgotten]);
      expect(await kit.arrange.events(workspace_id)).toHaveLength(1 - forgotten);
      expect(await kit.arrange.deliveries({ hook_id: done })).toHaveLength(1 - forgotten);
    }
  });

  check('forgetting keeps to its limit over all workspaces and comes to an end', async (kit) => {
    const workspaces = [await kit.arrange.addWorkspace(), await kit.arrange.addWorkspace()];
    for (const workspace of workspaces) {
      await kit.commit({ events: Array.from({ length: 5 }, () => kit.event(workspace)) });
    }
    const counts = [];
    for (let round = 0; round < 5; round += 1) {
      counts.push(await kit.store.prune({ before: NOW + 1, limit: 4 }));
    }
    expect(counts).toEqual([4, 4, 2, 0, 0]);
    expect(await kit.arrange.events()).toEqual([]);
  });
};
