import { expect } from 'vitest';
import type { AcceptResult, NewEvent } from '../../../packages/server/src/ports/store.ts';
import {
  type Check,
  DAY_MS,
  ERROR,
  GONE,
  INTERRUPTED,
  type Kit,
  LEASE_MS,
  NOW,
  OK,
  ONE_ATTEMPT,
  type Pair,
} from './kit.ts';

const ORDERED = { ordered: 1, order_key: 'id' } as const;

/** Accepts an event of a key. Returns the id of its delivery and its lease, if it has one. */
const send = async (
  kit: Kit,
  pair: Pair,
  { id, ...differences }: Partial<NewEvent> & { readonly id: string },
) => {
  const data = { id };
  const event = kit.event(pair.workspace_id, {
    data,
    data_text: JSON.stringify(data),
    hook_ids: [pair.hook_id],
    ...differences,
  });
  const { leased } = await kit.stored(event);
  const rows = await kit.arrange.deliveries({ hook_id: pair.hook_id, event_id: event.id });
  return { id: rows[0]!.id, leased: leased[0] };
};

const sendAll = async (kit: Kit, pair: Pair, keys: readonly string[]) => {
  const sent = [];
  for (const key of keys) sent.push(await send(kit, pair, { id: key }));
  return sent;
};

/** Settles a lease. Returns the leases that it released. */
const settle = async (kit: Kit, ...parameters: Parameters<Kit['attempted']>) =>
  (await kit.commit({ settlements: [kit.attempted(...parameters)] })).released;

const blockedBy = async ({ repositories }: Kit, { workspace_id }: Pair, id: string) =>
  (await repositories.deliveries.get(workspace_id, id))?.blocked_by;

const claimed = async (kit: Kit, pair: Pair, now = NOW) =>
  (await kit.claim([{ ...pair, limit: 100 }], now)).map(({ delivery }) => delivery.id);

/** Hooks whose deliveries are sent one at a time. */
export const ordering = (check: Check): void => {
  check('only the first delivery of a key is leased; keys do not wait for each other', async (kit) => {
    const pair = await kit.pair(ORDERED);
    const [first, second, other] = await sendAll(kit, pair, ['a', 'a', 'b']);
    expect([first!.leased, second!.leased, other!.leased].map((lease) => lease !== undefined)).toEqual([
      true,
      false,
      true,
    ]);
    expect(await kit.arrange.delivery(second!.id)).toMatchObject({
      status: 'pending',
      next_attempt_at: null,
    });
    expect(await blockedBy(kit, pair, second!.id)).toBe(first!.id);
    expect(await blockedBy(kit, pair, first!.id)).toBeNull();
    expect(await claimed(kit, pair, NOW + 9 * DAY_MS)).toEqual([]);
    expect(await kit.due(NOW + 9 * DAY_MS)).toEqual([]);
  });

  check(
    'a success leases the next delivery of its key in the same transaction, and only that',
    async (kit) => {
      const pair = await kit.pair(ORDERED);
      const [first, second, third, other] = await sendAll(kit, pair, ['a', 'a', 'a', 'b']);
      const released = await settle(kit, first!.leased!, OK);
      expect(released.map(({ delivery }) => delivery.id)).toEqual([second!.id]);
      expect(released[0]).toMatchObject({ is_backlog: true, lease_until: NOW + LEASE_MS, event: null });
      expect(await kit.row(released[0]!)).toMatchObject({
        status: 'sending',
        lease_token: 1,
        next_attempt_at: null,
      });
      expect(await blockedBy(kit, pair, third!.id)).toBe(second!.id);
      expect((await kit.row(other!.leased!)).status).toBe('sending');
      const row = await kit.arrange.delivery(first!.id);
      expect(row).toMatchObject({ status: 'succeeded', order_key: null, order_position: null });
    },
  );

  check(
    'an event in the batch in which the last delivery of its key succeeds is sent at once',
    async (kit) => {
      const pair = await kit.pair({ ordered: 1 });
      let last = (await send(kit, pair, { id: 'a' })).leased!;
      for (const _ of [1, 2]) {
        const event = kit.event(pair.workspace_id, { hook_ids: [pair.hook_id] });
        const { accepted } = await kit.commit({ settlements: [kit.attempted(last, OK)], events: [event] });
        expect(accepted).toMatchObject([{ kind: 'accepted', leased: [{ lease_token: 1 }] }]);
        last = (accepted[0] as Extract<AcceptResult, { kind: 'accepted' }>).leased[0]!;
      }
      const events = [1, 2].map(() => kit.event(pair.workspace_id, { hook_ids: [pair.hook_id] }));
      const { accepted } = await kit.commit({
        settlements: [kit.attempted(last, OK)],
        events,
        max_deliveries: 1,
      });
      expect(accepted).toMatchObject([{ leased: [{ lease_token: 1 }] }, { kind: 'deferred' }]);
    },
  );

  check(
    'a hook without order_key has one order; an event without the value has the key of all those',
    async (kit) => {
      const whole = await kit.pair({ ordered: 1 });
      const [a, b] = await sendAll(kit, whole, ['a', 'b']);
      expect(await blockedBy(kit, whole, b!.id)).toBe(a!.id);
      const keyed = await kit.pair({ ordered: 1, order_key: 'other' });
      const [c, d] = await sendAll(kit, keyed, ['a', 'b']);
      expect(await blockedBy(kit, keyed, d!.id)).toBe(c!.id);
    },
  );

  check('a retry keeps its place: what is behind it waits until it succeeds', async (kit) => {
    const pair = await kit.pair(ORDERED);
    const [first, second] = await sendAll(kit, pair, ['a', 'a']);
    expect(await settle(kit, first!.leased!, ERROR)).toEqual([]);
    const { next_attempt_at } = await kit.arrange.delivery(first!.id);
    expect(next_attempt_at).toBe(NOW + 5_000);
    expect(await claimed(kit, pair, NOW + 5_000)).toEqual([first!.id]);
    expect(await claimed(kit, pair, NOW + DAY_MS)).toEqual([]);
    expect(await blockedBy(kit, pair, second!.id)).toBe(first!.id);
  });

  check(
    'a delivery whose attempts are used up stays failed and blocks its key, not the others',
    async (kit) => {
      const pair = await kit.pair(ORDERED);
      const [first, second] = await sendAll(kit, pair, ['a', 'a']);
      expect(await settle(kit, first!.leased!, ERROR, ONE_ATTEMPT)).toEqual([]);
      expect((await kit.arrange.delivery(first!.id)).status).toBe('failed');
      const third = await send(kit, pair, { id: 'a' });
      expect(third.leased).toBeUndefined();
      expect(await blockedBy(kit, pair, third.id)).toBe(first!.id);
      expect(await blockedBy(kit, pair, second!.id)).toBe(first!.id);
      expect((await send(kit, pair, { id: 'b' })).leased).toBeDefined();
      expect(await kit.due(NOW + 9 * DAY_MS)).toEqual([]);
    },
  );

  check(
    'a crash keeps the order: the interrupted delivery is sent again before those behind it',
    async (kit) => {
      const pair = await kit.pair(ORDERED);
      const [first, second] = await sendAll(kit, pair, ['a', 'a']);
      expect(await kit.release()).toBe(1);
      expect(await claimed(kit, pair)).toEqual([first!.id]);
      expect(await blockedBy(kit, pair, second!.id)).toBe(first!.id);
    },
  );

  check('what the sender returns keeps its place', async (kit) => {
    const pair = await kit.pair(ORDERED);
    const [first, second] = await sendAll(kit, pair, ['a', 'a']);
    await kit.settle(kit.returned(first!.leased!));
    expect((await send(kit, pair, { id: 'a' })).leased).toBeUndefined();
    expect(await claimed(kit, pair)).toEqual([first!.id]);
    expect(await blockedBy(kit, pair, second!.id)).toBe(first!.id);
  });

  check('the next delivery of a hook with a full queue is due instead of leased', async (kit) => {
    const pair = await kit.pair(ORDERED);
    const [first, second] = await sendAll(kit, pair, ['a', 'a']);
    const settlements = [kit.attempted(first!.leased!, OK)];
    const { released } = await kit.commit({ settlements, saturated: [pair.hook_id] });
    expect(released).toEqual([]);
    expect(await kit.due(NOW)).toEqual([pair]);
    expect(await claimed(kit, pair)).toEqual([second!.id]);
  });

  check('the next delivery of a hook with a rate limit waits for its turn', async (kit) => {
    const pair = await kit.pair({ ...ORDERED, rate_limit: { count: 1, per: 'minute' } });
    const [first, second] = await sendAll(kit, pair, ['a', 'a']);
    expect(await settle(kit, first!.leased!, OK)).toEqual([]);
    expect(await kit.arrange.delivery(second!.id)).toMatchObject({ status: 'pending', next_attempt_at: NOW });
    expect(await claimed(kit, pair)).toEqual([]);
    expect(await claimed(kit, pair, NOW + 60_000)).toEqual([second!.id]);
  });

  check('a 410 holds the deliveries behind it in their order', async (kit) => {
    const pair = await kit.pair(ORDERED);
    const [first, second, third] = await sendAll(kit, pair, ['a', 'a', 'a']);
    expect(await settle(kit, first!.leased!, GONE)).toEqual([]);
    const statuses = (await kit.arrange.deliveries()).map(({ status }) => status);
    expect(statuses).toEqual(['failed', 'held', 'held']);
    await kit.arrange.setHookStatus(pair.hook_id, 'active');
    expect((await send(kit, pair, { id: 'a' })).leased).toBeUndefined();
    expect(await blockedBy(kit, pair, second!.id)).toBe(first!.id);
    expect(await blockedBy(kit, pair, third!.id)).toBe(first!.id);
  });

  check('pings, tests and delayed events bypass the order', async (kit) => {
    const pair = await kit.pair(ORDERED);
    await sendAll(kit, pair, ['a']);
    const ping = await send(kit, pair, { id: 'a', trigger: 'ping' });
    expect(ping.leased).toBeDefined();
    const delayed = await send(kit, pair, { id: 'a', deliver_at: NOW + DAY_MS });
    expect(await kit.arrange.delivery(delayed.id)).toMatchObject({
      order_key: null,
      next_attempt_at: NOW + DAY_MS,
    });
    expect(await blockedBy(kit, pair, delayed.id)).toBeNull();
  });

  check(
    'a manual attempt bypasses the order: its failure changes nothing, its success leaves the order',
    async (kit) => {
      const pair = await kit.pair(ORDERED);
      const [first, second, third] = await sendAll(kit, pair, ['a', 'a', 'a']);
      const manual = await kit.claimManually(pair.workspace_id, second!.id);
      if (manual.kind !== 'leased') throw new Error(manual.kind);
      expect(await settle(kit, manual.leased, ERROR)).toEqual([]);
      expect(await kit.arrange.delivery(second!.id)).toMatchObject({
        status: 'pending',
        next_attempt_at: null,
      });
      expect(await claimed(kit, pair, NOW + DAY_MS)).toEqual([]);
      const again = await kit.claimManually(pair.workspace_id, second!.id);
      if (again.kind !== 'leased') throw new Error(again.kind);
      expect(await settle(kit, again.leased, OK)).toEqual([]);
      expect(await blockedBy(kit, pair, third!.id)).toBe(first!.id);
      const released = await settle(kit, first!.leased!, OK);
      expect(released.map(({ delivery }) => delivery.id)).toEqual([third!.id]);
    },
  );

  check('a manual attempt that outlives those before it is sent in its turn when it fails', async (kit) => {
    const pair = await kit.pair(ORDERED);
    const [first, second, third] = await sendAll(kit, pair, ['a', 'a', 'a']);
    const manual = await kit.claimManually(pair.workspace_id, second!.id);
    if (manual.kind !== 'leased') throw new Error(manual.kind);
    expect(await settle(kit, first!.leased!, OK)).toEqual([]);
    expect(await blockedBy(kit, pair, third!.id)).toBe(second!.id);
    const released = await settle(kit, manual.leased, INTERRUPTED);
    expect(released.map(({ delivery }) => [delivery.id, delivery.trigger])).toEqual([
      [second!.id, 'scheduled'],
    ]);
  });

  check('a manual success of a failed delivery unblocks its key; a manual failure does not', async (kit) => {
    const pair = await kit.pair(ORDERED);
    const [first, second] = await sendAll(kit, pair, ['a', 'a']);
    await settle(kit, first!.leased!, ERROR, ONE_ATTEMPT);
    for (const outcome of [ERROR, OK]) {
      const manual = await kit.claimManually(pair.workspace_id, first!.id);
      if (manual.kind !== 'leased') throw new Error(manual.kind);
      const released = await settle(kit, manual.leased, outcome);
      expect(released.map(({ delivery }) => delivery.id)).toEqual(outcome === OK ? [second!.id] : []);
    }
  });

  check('a blocked delivery keeps its place when its hook is paused and active again', async (kit) => {
    const pair = await kit.pair(ORDERED);
    const [first, second] = await sendAll(kit, pair, ['a', 'a']);
    await kit.arrange.setHookStatus(pair.hook_id, 'paused');
    await settle(kit, first!.leased!, ERROR);
    const third = await send(kit, pair, { id: 'a' });
    const statuses = (await kit.arrange.deliveries()).map(({ status }) => status);
    expect(statuses).toEqual(['held', 'held', 'held']);
    await kit.arrange.setHookStatus(pair.hook_id, 'active');
    expect((await send(kit, pair, { id: 'a' })).leased).toBeUndefined();
    expect(await blockedBy(kit, pair, second!.id)).toBe(first!.id);
    expect(await blockedBy(kit, pair, third.id)).toBe(first!.id);
  });

  check('deliveries keep the order in which they were accepted when the hook changes', async (kit) => {
    const pair = await kit.pair();
    const [before] = await sendAll(kit, pair, ['a']);
    await kit.arrange.setHookOrder(pair.hook_id, { ordered: 1, order_key: 'id' });
    const [first, second] = await sendAll(kit, pair, ['a', 'a']);
    expect(before!.leased).toBeDefined();
    expect(first!.leased).toBeDefined();
    expect(await blockedBy(kit, pair, second!.id)).toBe(first!.id);
    await kit.arrange.setHookOrder(pair.hook_id, { ordered: 1, order_key: null });
    expect((await send(kit, pair, { id: 'a' })).leased).toBeDefined();
    await kit.arrange.setHookOrder(pair.hook_id, { ordered: 0, order_key: null });
    expect((await send(kit, pair, { id: 'a' })).leased).toBeDefined();
    expect(await blockedBy(kit, pair, second!.id)).toBe(first!.id);
    const released = await settle(kit, first!.leased!, OK);
    expect(released.map(({ delivery }) => delivery.id)).toEqual([second!.id]);
  });

  for (const [outcome, differences] of [
    ['expires', {}],
    ['has failed and is deleted', ONE_ATTEMPT],
  ] as const) {
    check(`a delivery that ${outcome} releases its key`, async (kit) => {
      const pair = await kit.pair(ORDERED);
      const first = await send(kit, pair, { id: 'a' });
      const second = await send(kit, pair, { id: 'a', created_at: NOW + DAY_MS });
      await settle(kit, first.leased!, ERROR, differences);
      await kit.prune(NOW + 1, 1_000);
      const due = { status: 'pending', next_attempt_at: NOW + DAY_MS };
      expect(await kit.arrange.delivery(second.id)).toMatchObject(due);
      expect(await blockedBy(kit, pair, second.id)).toBeNull();
    });
  }

  check('ids of a clock that was set back do not change the order', async (kit) => {
    const pair = await kit.pair(ORDERED);
    const [first, second] = await sendAll(kit, pair, ['a', 'a']);
    const early = `dlv_${'0'.repeat(26)}`;
    await kit.arrange.changeDelivery(second!.id, { id: early });
    const third = await send(kit, pair, { id: 'a' });
    expect(await blockedBy(kit, pair, early)).toBe(first!.id);
    const released = await settle(kit, first!.leased!, OK);
    expect(released.map(({ delivery }) => delivery.id)).toEqual([early]);
    expect(await blockedBy(kit, pair, third.id)).toBe(early);
  });
};
