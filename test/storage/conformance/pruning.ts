import { expect } from 'vitest';
import type { Outcome } from '../../../packages/server/src/core/outcome.ts';
import type { LeasedDelivery } from '../../../packages/server/src/ports/store.ts';
import { type Check, DAY_MS, ERROR, GONE, type Kit, NOW, OK, ONE_ATTEMPT } from './kit.ts';

/** Removes payloads while there is more to do. Returns the rows that each slice changed. */
const removePayloads = async (kit: Kit, before: number, limit = 100) => {
  const removed = [];
  for (let more = true; more;) {
    const slice = await kit.store.prunePayloads({ now: NOW + DAY_MS, before, limit });
    removed.push(slice.removed);
    more = slice.has_more;
  }
  return removed;
};

/** Settles a lease with an attempt that has bodies. */
const withBody = (
  leased: LeasedDelivery,
  kit: Kit,
  { outcome, body }: { readonly outcome: Outcome; readonly body: string },
) => {
  const attempted = kit.attempted(leased, outcome, ONE_ATTEMPT);
  const request = { method: 'POST', url: 'https://example.com/', headers: { a: 'b' }, body };
  const response = { status: 200, headers: {}, body: 'received', body_truncated: false };
  return kit.settle({ ...attempted, attempt: { ...attempted.attempt, request, response } });
};

const withBodies = (leased: LeasedDelivery, kit: Kit, outcome: Outcome) =>
  withBody(leased, kit, { outcome, body: 'sent' });

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
      // A younger delivery than its event, which has not waited for too long.
      const { accepted } = await kit.commit({ events: [kit.event(workspace_id)], saturated, now: NOW + 1 });
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

  check(
    'a delivery that has waited since before the retention is canceled, and its event deleted',
    async (kit) => {
      const { workspace_id, hook_id } = await kit.pair();
      const paused = await kit.arrange.addHook(workspace_id, { status: 'paused' });
      const old = () => kit.event(workspace_id, { created_at: NOW - DAY_MS, hook_ids: [hook_id, paused] });
      const store = (now: number) => kit.commit({ events: [old()], saturated: [hook_id], now });
      await store(NOW - 1);
      await store(NOW);
      const slice = () => kit.store.prune({ now: NOW + DAY_MS, before: NOW, limit: 100 });
      expect(await slice()).toEqual({ deleted: 3, expired: 2, has_more: false });
      const statuses = (await kit.arrange.deliveries()).map(({ status }) => status).toSorted();
      expect(statuses).toEqual(['held', 'pending']);
      expect(await kit.arrange.events()).toHaveLength(1);
    },
  );

  check('waiting deliveries beside one in progress are canceled, and the event is kept', async (kit) => {
    const { workspace_id, hook_id } = await kit.pair();
    const paused = await kit.arrange.addHook(workspace_id, { status: 'paused' });
    const event = kit.event(workspace_id, { created_at: NOW - DAY_MS });
    await kit.commit({ events: [event], now: NOW - DAY_MS });
    expect(await kit.store.prune({ now: NOW + DAY_MS, before: NOW, limit: 100 })).toMatchObject({
      deleted: 0,
      expired: 1,
    });
    const [held] = await kit.arrange.deliveries({ hook_id: paused });
    expect(held).toMatchObject({ status: 'canceled', failure_reason: 'expired', next_attempt_at: null });
    expect(await kit.arrange.deliveries({ hook_id })).toMatchObject([{ status: 'sending' }]);
    const manual = await kit.claimManually(workspace_id, held!.id);
    expect(manual).toEqual({ kind: 'canceled', reason: 'expired' });
  });

  check(
    'a held delivery counts from when it was held, a resent one from when it was made due',
    async (kit) => {
      const pair = await kit.pair();
      const created = () => kit.leaseFor(pair, { created_at: NOW - DAY_MS });
      await kit.end(await created(), GONE);
      const [failed] = await kit.arrange.deliveries({ hook_id: pair.hook_id });
      await kit.arrange.changeDelivery(failed!.id, {
        status: 'held',
        created_at: NOW - DAY_MS,
        updated_at: NOW,
      });
      expect((await kit.store.prune({ now: NOW + 1, before: NOW, limit: 100 })).expired).toBe(0);
      const due = { status: 'pending', next_attempt_at: NOW, failures: 0, updated_at: NOW } as const;
      await kit.arrange.changeDelivery(failed!.id, due);
      expect((await kit.store.prune({ now: NOW + DAY_MS, before: NOW, limit: 100 })).expired).toBe(0);
      await kit.arrange.changeDelivery(failed!.id, { failures: 1 });
      expect((await kit.store.prune({ now: NOW, before: NOW, limit: 100 })).expired).toBe(1);
    },
  );

  check('an event with many waiting deliveries is canceled over several slices', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    await kit.arrange.addHooks(workspace_id, 9, { status: 'paused' });
    await kit.commit({ events: [kit.event(workspace_id, { created_at: NOW - DAY_MS })], now: NOW - DAY_MS });
    const slices = [];
    for (let round = 0; round < 6; round += 1) {
      slices.push(await kit.store.prune({ now: NOW, before: NOW, limit: 4 }));
    }
    expect(slices.map(({ expired }) => expired)).toEqual([4, 4, 1, 0, 0, 0]);
    expect(slices.reduce((sum, { deleted }) => sum + deleted, 0)).toBe(10);
    expect(await kit.arrange.events()).toEqual([]);
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

  check('the payload of an event is removed when its deliveries have ended, and only once', async (kit) => {
    const pair = await kit.pair();
    const paused = await kit.arrange.addHook(pair.workspace_id, { status: 'paused' });
    const ended = await kit.leaseFor(pair, { created_at: NOW - 2, previous_data: { number: 0 } });
    await withBodies(ended, kit, ERROR);
    const held = kit.event(pair.workspace_id, { created_at: NOW - 1, hook_ids: [paused] });
    await kit.stored(held);
    const young = await kit.leaseFor(pair, { created_at: NOW });
    await withBodies(young, kit, OK);
    expect(await removePayloads(kit, NOW)).toEqual([2]);
    expect(await removePayloads(kit, NOW)).toEqual([0]);
    const kept = { data: '{"number":1}', payload_expired_at: null };
    expect(await kit.arrange.events()).toMatchObject([
      { data: null, previous_data: null, payload_expired_at: NOW + DAY_MS },
      kept,
      kept,
    ]);
    const [removed, other] = await kit.arrange.attempts();
    const rest = { request_method: 'POST', request_url: 'https://example.com/', response_status: 200 };
    expect(removed).toMatchObject({ ...rest, request_body: null, response_body: null });
    expect(other).toMatchObject({ ...rest, request_body: 'sent', response_body: 'received' });
    const { delivery } = ended;
    expect(await kit.claimManually(pair.workspace_id, delivery.id)).toEqual({ kind: 'payload_expired' });
    expect((await kit.store.events([delivery])).size).toBe(0);
  });

  check('the large request bodies of an event end with its payload, and with the event', async (kit) => {
    const pair = await kit.pair();
    const sendLarge = async (created_at: number) => {
      const lease = await kit.leaseFor(pair, { created_at });
      await withBody(lease, kit, { outcome: OK, body: 'x'.repeat(20_000) });
      return lease.delivery.event_id;
    };
    await sendLarge(NOW - 2);
    const kept = await sendLarge(NOW);
    const bodies = async () => (await kit.arrange.requestBodies()).map(({ event_id }) => event_id);
    expect(await bodies()).toHaveLength(2);
    await removePayloads(kit, NOW);
    expect(await bodies()).toEqual([kept]);
    expect(await kit.arrange.attempts()).toMatchObject([
      { request_body: null, request_body_hash: null },
      { request_body: null, request_body_hash: expect.any(String) },
    ]);
    await kit.prune(NOW + 1);
    expect(await bodies()).toEqual([]);
  });

  check(
    'an event that was passed with a held delivery loses its payload after that has ended',
    async (kit) => {
      const { workspace_id, hook_id } = await kit.pair({ status: 'paused' });
      await kit.stored(kit.event(workspace_id, { created_at: NOW - 1, hook_ids: [hook_id] }));
      expect(await removePayloads(kit, NOW)).toEqual([0]);
      await kit.arrange.deleteHook(hook_id);
      const after = (now: number) => kit.store.prunePayloads({ now, before: NOW, limit: 10 });
      expect(await after(NOW + DAY_MS + 1)).toEqual({ removed: 0, has_more: false });
      expect(await after(NOW + DAY_MS + 60_000)).toEqual({ removed: 1, has_more: false });
      expect(await kit.arrange.events()).toMatchObject([{ data: null }]);
    },
  );

  check(
    'the payload of an event with many attempts is removed over several slices, its data last',
    async (kit) => {
      const { workspace_id } = await kit.pair();
      await kit.arrange.addHooks(workspace_id, 8);
      const { leased } = await kit.stored(kit.event(workspace_id, { created_at: NOW - 1 }));
      for (const one of leased) await withBodies(one, kit, OK);
      expect((await kit.store.prunePayloads({ now: NOW + 1, before: NOW, limit: 4 })).removed).toBe(4);
      expect(await kit.arrange.events()).toMatchObject([{ data: '{"number":1}' }]);
      // A manual attempt meanwhile needs the data: the payload is kept until it has ended.
      const manual = await kit.manual(leased[0]!);
      expect((await removePayloads(kit, NOW, 4)).reduce((sum, count) => sum + count)).toBe(5);
      expect(await kit.arrange.events()).toMatchObject([{ data: '{"number":1}' }]);
      await withBodies(manual, kit, OK);
      for (const now of [NOW + 2 * DAY_MS, NOW + 2 * DAY_MS + 1, NOW + 2 * DAY_MS + 2]) {
        await kit.store.prunePayloads({ now, before: NOW, limit: 100 });
      }
      expect(await kit.arrange.events()).toMatchObject([{ data: null }]);
      const bodies = (await kit.arrange.attempts()).map(({ request_body }) => request_body);
      expect(bodies).toEqual(Array.from({ length: 10 }, () => null));
    },
  );
};
