import { expect } from 'vitest';
import { type Check, hookIdsOf, LEASE_MS, NOW } from './kit.ts';

/** Selects the hooks of an event, and the state in which their deliveries start. */
export const fanOut = (check: Check): void => {
  check('the deliveries of an event are in the order in which its hooks have subscribed', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    const hooks = await kit.arrange.addHooks(workspace_id, 3);
    await kit.stored(kit.event(workspace_id));
    for (const hook of [hooks[1]!, hooks[0]!]) await kit.arrange.setHookEvents(hook, ['order.*']);
    const { leased } = await kit.stored(kit.event(workspace_id));
    expect(leased.map(({ delivery }) => delivery.hook_id)).toEqual(hooks.toReversed());
  });

  check('an event reaches the hooks that list its type, a prefix of it or *, and no other', async (kit) => {
    const workspace = await kit.arrange.addWorkspace();
    const add = (...events: string[]) => kit.arrange.addHook(workspace, { events });
    const exact = await add('order.created');
    const prefix = await add('order.*');
    const all = await add('*');
    const several = await add('invoice.paid', 'order.created');
    const twice = await add('order.created', 'order.*', '*');
    for (const other of ['order.created.late', 'order', 'orders.*', 'created', 'Order.Created']) {
      await add(other);
    }
    const { receipt, leased } = await kit.stored(kit.event(workspace, { type: 'order.created' }));
    const expected = [exact, prefix, all, several, twice].toSorted();
    expect(hookIdsOf(leased)).toEqual(expected);
    expect(receipt.deliveries).toBe(expected.length);
    expect((await kit.arrange.deliveries()).map(({ hook_id }) => hook_id).toSorted()).toEqual(expected);
  });

  check('a prefix covers every depth below it and not the prefix itself', async (kit) => {
    const { workspace_id } = await kit.pair({ events: ['order.*'] });
    const counts = [];
    for (const type of ['order.item.added.twice', 'order.created', 'order', 'orders.x', 'order-created']) {
      counts.push((await kit.stored(kit.event(workspace_id, { type }))).receipt.deliveries);
    }
    expect(counts).toEqual([1, 1, 0, 0, 0]);
  });

  check('ping and Webhook Validate reach a hook that subscribes to neither', async (kit) => {
    const { workspace_id } = await kit.pair({ events: ['order.created'] });
    for (const [type, leases] of [
      ['ping', 1],
      ['Webhook Validate', 1],
      ['pong', 0],
    ] as const) {
      expect((await kit.stored(kit.event(workspace_id, { type }))).leased).toHaveLength(leases);
    }
  });

  check('an event without subscribers is stored without deliveries', async (kit) => {
    const { workspace_id } = await kit.pair({ events: ['invoice.paid'] });
    const event = kit.event(workspace_id);
    expect(await kit.stored(event)).toMatchObject({ receipt: { deliveries: 0 }, leased: [] });
    expect(await kit.arrange.events(workspace_id)).toMatchObject([{ id: event.id, deliveries: 0 }]);
  });

  check('the hooks of another workspace get nothing', async (kit) => {
    const [own, other] = [await kit.pair(), await kit.pair()];
    await kit.stored(kit.event(own.workspace_id));
    expect(await kit.arrange.deliveries({ hook_id: other.hook_id })).toEqual([]);
    expect(await kit.arrange.deliveries({ hook_id: own.hook_id })).toHaveLength(1);
  });

  check('hook_ids narrows the fan-out and never widens it', async (kit) => {
    const workspace = await kit.arrange.addWorkspace();
    const [one, two] = await kit.arrange.addHooks(workspace, 3);
    const unsubscribed = await kit.arrange.addHook(workspace, { events: ['invoice.paid'] });
    const event = kit.event(workspace, { hook_ids: [unsubscribed, two!, one!] });
    const { receipt, leased } = await kit.stored(event);
    expect(hookIdsOf(leased)).toEqual([one!, two!].toSorted());
    expect(receipt.deliveries).toBe(2);
    expect((await kit.stored(kit.event(workspace, { hook_ids: [] }))).receipt.deliveries).toBe(0);
  });

  check('a hook that is named twice gets one delivery', async (kit) => {
    const { workspace_id, hook_id } = await kit.pair();
    for (const trigger of ['scheduled', 'test'] as const) {
      const event = kit.event(workspace_id, { hook_ids: [hook_id, hook_id], trigger });
      expect((await kit.stored(event)).receipt.deliveries).toBe(1);
    }
    expect(await kit.arrange.deliveries()).toHaveLength(2);
  });

  check('an event for an unknown hook, a deleted one or one of another workspace is refused', async (kit) => {
    const { workspace_id, hook_id } = await kit.pair();
    const deleted = await kit.arrange.addHook(workspace_id);
    await kit.arrange.deleteHook(deleted);
    const foreign = await kit.pair();
    for (const unknown of ['wh_unknown', deleted, foreign.hook_id]) {
      expect(await kit.accept(kit.event(workspace_id, { hook_ids: [hook_id, unknown] }))).toEqual({
        kind: 'unknown_hook',
        hook_id: unknown,
      });
    }
    expect(await kit.arrange.events()).toEqual([]);
    expect(await kit.arrange.deliveries()).toEqual([]);
    await kit.stored(kit.event(workspace_id, { hook_ids: [hook_id] }));
    expect(await kit.arrange.events()).toHaveLength(1);
  });

  check('a deleted hook gets no new event', async (kit) => {
    const { workspace_id, hook_id } = await kit.pair();
    expect((await kit.stored(kit.event(workspace_id))).receipt.deliveries).toBe(1);
    await kit.arrange.deleteHook(hook_id);
    expect((await kit.stored(kit.event(workspace_id))).receipt.deliveries).toBe(0);
  });

  check('a first delivery is stored leased, and the answer equals the rows', async (kit) => {
    const { workspace_id, hook_id } = await kit.pair();
    const event = kit.event(workspace_id, {
      data: { text: 'ä\u0000𝄞"\\', list: [1, null, true, { z: 1, a: 2 }] },
      previous_data: { text: 'before' },
      occurred_at: NOW - 5,
    });
    const { id, type, data, previous_data } = event;
    const { receipt, leased } = await kit.stored(event);
    const times = { occurred_at: NOW - 5, created_at: NOW, deliver_at: null };
    expect(receipt).toEqual({
      id,
      type,
      tenant: null,
      ...times,
      idempotency_key: null,
      deliveries: 1,
      filtered: 0,
    });
    const [one] = leased;
    const shared = { event_id: id, hook_id, attempts: 0, failures: 0 };
    expect(one).toMatchObject({
      delivery: { ...shared, workspace_id, trigger: 'scheduled', resume: null },
      event: { id, data, previous_data },
      lease_until: NOW + LEASE_MS,
    });
    expect(await kit.row(one!)).toMatchObject({
      ...shared,
      event_type: type,
      status: 'sending',
      next_attempt_at: null,
      lease_token: one!.lease_token,
      lease_until: NOW + LEASE_MS,
      failure_reason: null,
    });
    const [row] = await kit.arrange.events(workspace_id);
    expect(JSON.parse(row!.data ?? '')).toEqual(data);
    expect(JSON.parse(row!.previous_data!)).toEqual(previous_data);
    expect(row).toMatchObject({ type, ...times, deliveries: 1 });
  });

  check('the delivery of a saturated hook is stored pending and due at once', async (kit) => {
    const workspace = await kit.arrange.addWorkspace();
    const [saturated, free] = await kit.arrange.addHooks(workspace, 2);
    const { accepted } = await kit.commit({ events: [kit.event(workspace)], saturated: [saturated!] });
    expect(accepted).toMatchObject([{ kind: 'accepted', receipt: { deliveries: 2 }, leased: { length: 1 } }]);
    expect(await kit.arrange.deliveries({ hook_id: saturated! })).toMatchObject([
      { status: 'pending', next_attempt_at: NOW, lease_until: null },
    ]);
    expect(await kit.arrange.deliveries({ hook_id: free! })).toMatchObject([{ status: 'sending' }]);
  });

  check('a hook that is not active holds its deliveries, saturated or not', async (kit) => {
    for (const status of ['paused', 'disabled', 'unvalidated'] as const) {
      const { workspace_id, hook_id } = await kit.pair({ status });
      for (const saturated of [[], [hook_id]]) {
        const { accepted } = await kit.commit({ events: [kit.event(workspace_id)], saturated });
        expect(accepted[0]).toMatchObject({ kind: 'accepted', receipt: { deliveries: 1 }, leased: [] });
      }
      const held = { status: 'held', next_attempt_at: null, lease_until: null };
      expect(await kit.arrange.deliveries({ hook_id })).toMatchObject([held, held]);
    }
  });

  check('ping, test and validate are leased in any state of the hook, saturated or not', async (kit) => {
    for (const status of ['active', 'paused', 'disabled', 'unvalidated'] as const) {
      const { workspace_id, hook_id } = await kit.pair({ status, events: ['invoice.paid'] });
      const bystander = await kit.arrange.addHook(workspace_id);
      for (const trigger of ['ping', 'test', 'validate'] as const) {
        const event = kit.event(workspace_id, { trigger, hook_ids: [hook_id] });
        const { accepted } = await kit.commit({ events: [event], saturated: [hook_id] });
        expect(accepted[0]).toMatchObject({ leased: [{ delivery: { trigger, hook_id } }] });
      }
      expect(await kit.arrange.deliveries({ hook_id: bystander })).toEqual([]);
    }
  });
};
