import { expect } from 'vitest';
import type { Outcome } from '../../../packages/server/src/core/outcome.ts';
import { type Check, DAY_MS, ERROR, NOW, OK, ONE_ATTEMPT } from './kit.ts';

/** The deletion of old events and expired secrets. */
export const pruning = (check: Check): void => {
  check('pruning deletes finished events that are old enough, with all their rows', async (kit) => {
    const pair = await kit.pair();
    const ended = async (created_at: number, outcome: Outcome) => {
      const leased = await kit.leaseFor(pair, { created_at });
      await kit.end(leased, outcome, ONE_ATTEMPT);
      return leased;
    };
    const old = [await ended(NOW - DAY_MS, OK), await ended(NOW - 1, ERROR)];
    const young = [await ended(NOW, OK), await ended(NOW + 1, ERROR)];
    const sending = await kit.leaseFor(pair, { created_at: NOW - DAY_MS });
    // Two events, two deliveries, two attempts.
    expect(await kit.prune(NOW)).toBe(6);
    const keptIds = [...young, sending].map(({ delivery }) => delivery.event_id).toSorted();
    expect((await kit.arrange.events()).map(({ id }) => id).toSorted()).toEqual(keptIds);
    expect((await kit.arrange.deliveries()).map(({ event_id }) => event_id).toSorted()).toEqual(keptIds);
    for (const { delivery } of old) expect(await kit.arrange.attempts(delivery.id)).toEqual([]);
    expect(await kit.arrange.attempts()).toHaveLength(2);
  });

  check('an event that is pruned takes its metadata with it, and no other event’s', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    const metadata = { order_id: '1042', region: 'eu' };
    const add = (created_at: number, differences = {}) =>
      kit.stored(kit.event(workspace_id, { created_at, metadata, ...differences }));
    await add(NOW - 1);
    const young = await add(NOW);
    await add(NOW - 1, { metadata: null });
    expect(await kit.arrange.eventMetadata()).toHaveLength(4);
    await kit.prune(NOW);
    expect(await kit.arrange.eventMetadata()).toEqual(
      Object.entries(metadata).map(([key, value]) => ({
        workspace_id,
        key,
        value,
        event_id: young.receipt.id,
      })),
    );
  });

  check('an event that is not stored leaves no metadata', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    const metadata = { order_id: '1042' };
    const keyed = { idempotency_key: 'k', fingerprint: 'a', metadata };
    await kit.accept(kit.event(workspace_id, { metadata, created_at: Number.NaN }));
    await kit.accept(kit.event(workspace_id, { metadata, hook_ids: ['wh_unknown'] }));
    expect(await kit.arrange.eventMetadata()).toEqual([]);
    for (const _ of [1, 2]) await kit.accept(kit.event(workspace_id, keyed));
    expect(await kit.arrange.eventMetadata()).toHaveLength(1);
  });

  check('an event with one delivery that has not ended is kept whole', async (kit) => {
    for (const state of ['pending', 'held', 'sending', 'canceled'] as const) {
      const workspace_id = await kit.arrange.addWorkspace();
      const done = await kit.arrange.addHook(workspace_id);
      const status = state === 'held' ? 'paused' : 'active';
      const open = await kit.arrange.addHook(workspace_id, { status });
      const saturated = state === 'pending' || state === 'canceled' ? [open] : [];
      const { accepted } = await kit.commit({ events: [kit.event(workspace_id)], saturated });
      const leased = accepted[0]!.kind === 'accepted' ? accepted[0]!.leased : [];
      for (const one of leased) if (one.delivery.hook_id === done) await kit.end(one, OK);
      if (state === 'canceled') await kit.arrange.deleteHook(open);
      expect(await kit.arrange.deliveries({ hook_id: open })).toMatchObject([{ status: state }]);
      const pruned = state === 'canceled' ? 1 : 0;
      await kit.prune(NOW + 1);
      expect(await kit.arrange.events(workspace_id)).toHaveLength(1 - pruned);
      expect(await kit.arrange.deliveries({ hook_id: done })).toHaveLength(1 - pruned);
    }
  });

  check('pruning keeps to its limit over all workspaces, and ends', async (kit) => {
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
    await kit.arrange.addHooks(workspace_id, 8);
    const { leased } = await kit.stored(kit.event(workspace_id));
    for (const one of leased) await kit.end(one, OK);
    expect(leased).toHaveLength(9);
    expect([await kit.prune(NOW + 1, 6), await kit.prune(NOW + 1, 6)]).toEqual([6, 6]);
    expect(await kit.arrange.events()).toHaveLength(1);
    expect([await kit.prune(NOW + 1, 6), await kit.prune(NOW + 1, 6)]).toEqual([7, 0]);
    expect(await kit.arrange.events()).toEqual([]);
    expect(await kit.arrange.deliveries()).toEqual([]);
  });

  check('an old event that is kept does not block the pruning of younger ones', async (kit) => {
    const paused = await kit.pair({ status: 'paused' });
    const active = await kit.pair();
    const kept = () => kit.event(paused.workspace_id, { created_at: NOW - DAY_MS });
    await kit.commit({ events: Array.from({ length: 250 }, kept) });
    const done = await kit.leaseFor(active, { created_at: NOW - DAY_MS });
    await kit.end(done, OK);
    let deleted = 0;
    for (let slice = 0; slice < 3; slice += 1) deleted += await kit.prune(NOW);
    expect(deleted).toBe(3);
    expect(await kit.arrange.events(active.workspace_id)).toEqual([]);
    expect(await kit.arrange.events(paused.workspace_id)).toHaveLength(250);
  });

  check('an event from a clock that was ahead does not stop pruning', async (kit) => {
    const pair = await kit.pair();
    for (const created_at of [NOW + 400 * DAY_MS, NOW - DAY_MS]) {
      await kit.end(await kit.leaseFor(pair, { created_at }), OK);
    }
    expect(await kit.prune(NOW)).toBe(3);
    expect(await kit.arrange.events()).toHaveLength(1);
  });

  check('previous secrets are deleted after their grace period, and the current one never', async (kit) => {
    const { hook_id } = await kit.pair({ secret: 'current', previous: [NOW - 2, NOW - 1, NOW + 1] });
    const secrets = async () => (await kit.hook(hook_id))!.secrets.map(({ expires_at }) => expires_at);
    expect(await secrets()).toHaveLength(4);
    expect(await kit.store.pruneSecrets({ now: NOW, limit: 1 })).toBe(1);
    expect(await kit.store.pruneSecrets({ now: NOW, limit: 10 })).toBe(1);
    expect(await kit.store.pruneSecrets({ now: NOW, limit: 10 })).toBe(0);
    expect(await secrets()).toEqual([null, NOW + 1]);
  });
};
