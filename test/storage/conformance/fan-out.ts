import { expect } from 'vitest';
import { type Check, LEASE_MS, NOW } from './kit.ts';

/** Which hooks get an event, and in what state their deliveries start. */
export const fanOut = (check: Check): void => {
  check(
    'an event goes to the hooks whose list has its type, a prefix of it or *, and to no other',
    async (kit) => {
      const workspace = await kit.arrange.addWorkspace();
      const add = (...events: string[]) => kit.arrange.addHook(workspace, { events });
      const exact = await add('order.created');
      const prefix = await add('order.*');
      const all = await add('*');
      const several = await add('invoice.paid', 'order.created');
      const twice = await add('order.created', 'order.*', '*');
      await add('order.created.late');
      await add('order');
      await add('orders.*');
      await add('created');
      await add('Order.Created');
      const { receipt, leased } = await kit.stored(kit.event(workspace, { type: 'order.created' }));
      const expected = [exact, prefix, all, several, twice].toSorted();
      expect(leased.map(({ delivery }) => delivery.hook_id).toSorted()).toEqual(expected);
      expect(receipt.deliveries).toBe(expected.length);
      expect((await kit.arrange.deliveries()).map(({ hook_id }) => hook_id).toSorted()).toEqual(expected);
    },
  );

  check('a prefix covers every depth below it and not the prefix itself', async (kit) => {
    const { workspace_id } = await kit.pair({ events: ['order.*'] });
    const counts = [];
    for (const type of [
      'order.item.added.twice',
      'order.created',
      'order',
      'orders.created',
      'order-created',
    ]) {
      counts.push((await kit.stored(kit.event(workspace_id, { type }))).receipt.deliveries);
    }
    expect(counts).toEqual([1, 1, 0, 0, 0]);
  });

  check('ping and Webhook Validate reach a hook that subscribes to neither', async (kit) => {
    const { workspace_id } = await kit.pair({ events: ['order.created'] });
    for (const type of ['ping', 'Webhook Validate']) {
      expect((await kit.stored(kit.event(workspace_id, { type }))).leased).toHaveLength(1);
    }
    expect((await kit.stored(kit.event(workspace_id, { type: 'pong' }))).leased).toHaveLength(0);
  });

  check('an event that nobody subscribes to is stored without deliveries', async (kit) => {
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
    const one = await kit.arrange.addHook(workspace);
    const two = await kit.arrange.addHook(workspace);
    const unsubscribed = await kit.arrange.addHook(workspace, { events: ['invoice.paid'] });
    await kit.arrange.addHook(workspace);
    const { receipt, leased } = await kit.stored(
      kit.event(workspace, { hook_ids: [unsubscribed, two, one] }),
    );
    expect(leased.map(({ delivery }) => delivery.hook_id).toSorted()).toEqual([one, two].toSorted());
    expect(receipt.deliveries).toBe(2);
    expect((await kit.stored(kit.event(workspace, { hook_ids: [] }))).receipt.deliveries).toBe(0);
  });

  check('a hook that is named twice gets one delivery', async (kit) => {
    const { workspace_id, hook_id } = await kit.pair();
    const hook_ids = [hook_id, hook_id];
    expect((await kit.stored(kit.event(workspace_id, { hook_ids }))).receipt.deliveries).toBe(1);
    expect(
      (await kit.stored(kit.event(workspace_id, { hook_ids, trigger: 'test' }))).receipt.deliveries,
    ).toBe(1);
    expect(await kit.arrange.deliveries()).toHaveLength(2);
  });

  check(
    'an event for a hook that does not exist, is deleted or is another workspace’s stores nothing',
    async (kit) => {
      const { workspace_id, hook_id } = await kit.pair();
      const gone = await kit.arrange.addHook(workspace_id);
      await kit.arrange.deleteHook(gone);
      const foreign = await kit.pair();
      for (const unknown of ['wh_unknown', gone, foreign.hook_id]) {
        expect(await kit.accept(kit.event(workspace_id, { hook_ids: [hook_id, unknown] }))).toEqual({
          kind: 'unknown_hook',
          hook_id: unknown,
        });
      }
      expect(await kit.arrange.events()).toEqual([]);
      expect(await kit.arrange.deliveries()).toEqual([]);
      await kit.stored(kit.event(workspace_id, { hook_ids: [hook_id] }));
      expect(await kit.arrange.events()).toHaveLength(1);
    },
  );

  check('a deleted hook gets no new event', async (kit) => {
    const { workspace_id, hook_id } = await kit.pair();
    expect((await kit.stored(kit.event(workspace_id))).receipt.deliveries).toBe(1);
    await kit.arrange.deleteHook(hook_id);
    expect((await kit.stored(kit.event(workspace_id))).receipt.deliveries).toBe(0);
  });

  check('a first delivery is stored leased, and what is answered is what the row holds', async (kit) => {
    const { workspace_id, hook_id } = await kit.pair();
    const event = kit.event(workspace_id, {
      data: { text: 'ä\u0000𝄞"\\', list: [1, null, true, { z: 1, a: 2 }] },
      previous_data: { text: 'before' },
      occurred_at: NOW - 5,
    });
    const { receipt, leased } = await kit.stored(event);
    expect(receipt).toEqual({
      id: event.id,
      type: event.type,
      tenant: null,
      occurred_at: NOW - 5,
      created_at: NOW,
      idempotency_key: null,
      deliveries: 1,
    });
    const [one] = leased;
    expect(one).toMatchObject({
      delivery: {
        workspace_id,
        event_id: event.id,
        hook_id,
        trigger: 'scheduled',
        attempts: 0,
        failures: 0,
        resume: null,
      },
      event: { id: event.id, data: event.data, previous_data: event.previous_data },
      lease_until: NOW + LEASE_MS,
    });
    expect(await kit.arrange.delivery(one!.delivery.id)).toMatchObject({
      event_id: event.id,
      event_type: event.type,
      hook_id,
      status: 'sending',
      attempts: 0,
      failures: 0,
      next_attempt_at: null,
      lease_token: one!.lease_token,
      lease_until: NOW + LEASE_MS,
      failure_reason: null,
    });
    const [row] = await kit.arrange.events(workspace_id);
    expect(JSON.parse(row!.data)).toEqual(event.data);
    expect(JSON.parse(row!.previous_data!)).toEqual(event.previous_data);
    expect(row).toMatchObject({ type: event.type, occurred_at: NOW - 5, created_at: NOW, deliveries: 1 });
  });

  check('the delivery of a full hook waits in the store, due at once', async (kit) => {
    const workspace = await kit.arrange.addWorkspace();
    const [full, free] = [await kit.arrange.addHook(workspace), await kit.arrange.addHook(workspace)];
    const { accepted } = await kit.commit({ events: [kit.event(workspace)], saturated: [full] });
    expect(accepted[0]).toMatchObject({ kind: 'accepted', receipt: { deliveries: 2 } });
    expect(accepted[0]).toHaveProperty('leased.length', 1);
    expect(await kit.arrange.deliveries({ hook_id: full })).toMatchObject([
      { status: 'pending', next_attempt_at: NOW, lease_until: null },
    ]);
    expect(await kit.arrange.deliveries({ hook_id: free })).toMatchObject([{ status: 'sending' }]);
  });

  check('a hook that is not active holds its deliveries, full or not', async (kit) => {
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

  check(
    'ping, test and validate are leased for a hook in any state, subscribed or not, full or not',
    async (kit) => {
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
    },
  );
};
