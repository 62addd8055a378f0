import { expect } from 'vitest';
import { type Check, type Kit, LEASE_MS, NOW } from './kit.ts';

/** Continues every fan-out until it is complete. */
const serve = async (kit: Kit): Promise<void> => {
  let has_more = true;
  while (has_more) {
    ({ has_more } = await kit.store.continueFanOuts({
      now: NOW,
      lease_until: NOW + LEASE_MS,
      saturated_hooks: new Set(),
      max_deliveries: 16,
      isOpen: () => true,
    }));
  }
};

/** The events of the deliveries of a hook in their order. */
const orderOf = async (kit: Kit, hook_id: string): Promise<readonly string[]> => {
  const rows = await kit.arrange.deliveries({ hook_id });
  return rows
    .toSorted((a, b) => (a.order_position ?? 0) - (b.order_position ?? 0))
    .map(({ event_id }) => event_id);
};

/** Ordered hooks of events for more hooks than one transaction may hold. */
export const orderingFanOuts = (check: Check): void => {
  check('a later event does not overtake one whose deliveries are still to be stored', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    const hooks = await kit.arrange.addHooks(workspace_id, 40, { ordered: 1 });
    const first = kit.event(workspace_id);
    await kit.commit({ events: [first], max_deliveries: 10 });
    const hook = hooks.at(-1)!;
    expect(await orderOf(kit, hook)).toEqual([]);
    const second = kit.event(workspace_id, { hook_ids: [hook] });
    const { accepted, has_fan_outs } = await kit.commit({ events: [second] });
    expect(accepted).toMatchObject([{ kind: 'accepted', receipt: { deliveries: 1 }, leased: [] }]);
    expect(has_fan_outs).toBe(true);
    await serve(kit);
    expect(await orderOf(kit, hook)).toEqual([first.id, second.id]);
    const [one, two] = await kit.arrange.deliveries({ hook_id: hook });
    expect([one!.status, two!.status]).toEqual(['sending', 'pending']);
  });

  check('a delayed event bypasses the order and does not wait for unfinished fan-outs', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    const hooks = await kit.arrange.addHooks(workspace_id, 40, { ordered: 1 });
    await kit.commit({ events: [kit.event(workspace_id)], max_deliveries: 10 });
    const delayed = kit.event(workspace_id, { hook_ids: [hooks.at(-1)!], deliver_at: NOW + 1_000 });
    await kit.commit({ events: [delayed] });
    expect(await kit.arrange.deliveries({ event_id: delayed.id })).toHaveLength(1);
  });

  check('ordered hooks are stored with the event before the others', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    await kit.arrange.addHooks(workspace_id, 40);
    const [ordered] = await kit.arrange.addHooks(workspace_id, 1, { ordered: 1 });
    await kit.commit({ events: [kit.event(workspace_id)], max_deliveries: 10 });
    expect(await orderOf(kit, ordered!)).toHaveLength(1);
  });

  check('an event behind one that did not fit its batch waits with it', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    const hooks = await kit.arrange.addHooks(workspace_id, 8, { ordered: 1 });
    const plain = await kit.arrange.addHook(workspace_id, { events: ['other'] });
    const { accepted } = await kit.commit({
      events: [
        kit.event(workspace_id, { hook_ids: hooks.slice(0, 3) }),
        kit.event(workspace_id),
        kit.event(workspace_id, { hook_ids: [hooks[0]!] }),
        kit.event(workspace_id, { hook_ids: [plain], type: 'other' }),
      ],
      max_deliveries: 10,
    });
    expect(accepted.map(({ kind }) => kind)).toEqual(['accepted', 'deferred', 'deferred', 'accepted']);
  });

  check('a hook of every tenant gets the events of all tenants in one order', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    const hooks = await kit.arrange.addHooks(workspace_id, 40, { ordered: 1, tenant: '*' });
    const events = ['cus_c', 'cus_b', 'cus_a', 'cus_b'].map((tenant) => kit.event(workspace_id, { tenant }));
    for (const event of events) await kit.commit({ events: [event], max_deliveries: 10 });
    await serve(kit);
    for (const hook of hooks) expect(await orderOf(kit, hook)).toEqual(events.map(({ id }) => id));
  });
};
