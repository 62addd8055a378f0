import { expect } from 'vitest';
import { type Check, hookIdsOf, type Kit } from './kit.ts';

const FILTER = 'order.total >= 100';
const order = (total: number) => {
  const data = { order: { total } };
  return { data, data_text: JSON.stringify(data) };
};

/** The number of deliveries and of filtered hooks. */
const countsOf = async (kit: Kit, ...event: Parameters<Kit['event']>) => {
  const { receipt, leased } = await kit.stored(kit.event(...event));
  return [receipt.deliveries, receipt.filtered, leased.length];
};

/** Which hooks an event reaches, by their filters. */
export const hookFilters = (check: Check): void => {
  check('an event reaches the hooks whose filter matches, and counts the others as filtered', async (kit) => {
    const { workspace_id } = await kit.pair();
    const matching = await kit.arrange.addHook(workspace_id, { filter: FILTER });
    await kit.arrange.addHook(workspace_id, { filter: 'order.total < 100' });
    await kit.arrange.addHook(workspace_id, { filter: FILTER, events: ['invoice.paid'] });
    const event = kit.event(workspace_id, order(100));
    const { receipt, leased } = await kit.stored(event);
    expect(receipt).toMatchObject({ deliveries: 2, filtered: 1 });
    expect(hookIdsOf(leased)).toContain(matching);
    expect(await kit.arrange.events(workspace_id)).toMatchObject([{ deliveries: 2, filtered: 1 }]);
    expect(await kit.arrange.countDeliveries()).toBe(2);
  });

  check('a filter reads the type, tenant, metadata and previous data of an event', async (kit) => {
    const filter =
      '$type == "order.created" and $tenant == "cus_1" and $metadata.region == "eu" and order.total > $previous_data.order.total';
    const { workspace_id } = await kit.pair({ filter, tenant: '*' });
    const matching = {
      ...order(2),
      previous_data: order(1).data,
      previous_data_text: order(1).data_text,
      tenant: 'cus_1',
      metadata: { region: 'eu' },
    };
    expect(await countsOf(kit, workspace_id, matching)).toEqual([1, 0, 1]);
    expect(await countsOf(kit, workspace_id, { ...matching, metadata: null })).toEqual([0, 1, 0]);
    expect(await countsOf(kit, workspace_id, { ...matching, tenant: 'cus_2' })).toEqual([0, 1, 0]);
    expect(await countsOf(kit, workspace_id, { ...matching, previous_data: null })).toEqual([0, 1, 0]);
  });

  check('events with hook_ids, pings, tests and validations pass every filter', async (kit) => {
    const { workspace_id, hook_id } = await kit.pair({ filter: FILTER });
    const hook_ids = [hook_id];
    expect(await countsOf(kit, workspace_id)).toEqual([0, 1, 0]);
    expect(await countsOf(kit, workspace_id, { hook_ids })).toEqual([1, 0, 1]);
    expect(await countsOf(kit, workspace_id, { type: 'ping' })).toEqual([1, 0, 1]);
    for (const trigger of ['ping', 'test', 'validate'] as const)
      expect(await countsOf(kit, workspace_id, { hook_ids, trigger })).toEqual([1, 0, 1]);
  });

  check('an operational event that leaves out one hook is filtered at the others', async (kit) => {
    const { workspace_id, hook_id } = await kit.pair({
      events: ['bellwire.*'],
      filter: 'hook_id starts_with "wh_a"',
    });
    const hook_ids = [hook_id];
    const type = 'bellwire.hook.failing';
    expect(await countsOf(kit, workspace_id, { type, hook_ids, data: { hook_id: 'wh_b' } })).toEqual([
      0, 1, 0,
    ]);
    expect(await countsOf(kit, workspace_id, { type, hook_ids, data: { hook_id: 'wh_a1' } })).toEqual([
      1, 0, 1,
    ]);
  });

  check('a repeated event returns the counts of the first', async (kit) => {
    const { workspace_id, hook_id } = await kit.pair({ filter: FILTER });
    await kit.arrange.addHook(workspace_id);
    const event = kit.event(workspace_id, { idempotency_key: 'k', fingerprint: 'f' });
    const first = await kit.stored(event);
    await kit.arrange.deleteHook(hook_id);
    const repeated = await kit.accept({ ...event, id: kit.ids('evt') });
    expect(repeated).toEqual({ kind: 'repeated', receipt: first.receipt });
    expect(first.receipt).toMatchObject({ deliveries: 1, filtered: 1 });
  });

  check('a change of a filter applies to the next event', async (kit) => {
    const { workspace_id, hook_id } = await kit.pair();
    const change = (filter: string | null) => kit.arrange.setHookFilter(hook_id, filter);
    expect(await countsOf(kit, workspace_id)).toEqual([1, 0, 1]);
    await change(FILTER);
    expect(await countsOf(kit, workspace_id)).toEqual([0, 1, 0]);
    await change('exists number');
    expect(await countsOf(kit, workspace_id)).toEqual([1, 0, 1]);
    await change(FILTER);
    expect(await countsOf(kit, workspace_id)).toEqual([0, 1, 0]);
    await change(null);
    expect(await countsOf(kit, workspace_id)).toEqual([1, 0, 1]);
  });

  check('a filter that does not compile lets every event pass', async (kit) => {
    const { workspace_id } = await kit.pair({ filter: 'order.total >=' });
    expect(await countsOf(kit, workspace_id)).toEqual([1, 0, 1]);
  });

  check('the hooks of a large fan-out are filtered before they are stored', async (kit) => {
    const { workspace_id } = await kit.pair({ filter: FILTER });
    await kit.arrange.addHooks(workspace_id, 300);
    const [accepted] = (await kit.commit({ events: [kit.event(workspace_id)], max_deliveries: 10 })).accepted;
    expect(accepted).toMatchObject({ receipt: { deliveries: 300, filtered: 1 } });
    const slice = { now: 0, lease_until: 1, saturated_hooks: new Set<string>(), max_deliveries: 1_000 };
    await kit.store.continueFanOuts({ ...slice, isOpen: () => true });
    expect(await kit.arrange.countDeliveries()).toBe(300);
  });

  check(
    'names the hooks with filters among the subscribers, and null in a workspace without',
    async (kit) => {
      const plain = await kit.pair();
      const { workspace_id, hook_id } = await kit.pair({ filter: FILTER, events: ['order.*'] });
      await kit.arrange.addHook(workspace_id);
      for (const id of [plain.workspace_id, workspace_id]) {
        await kit.store.catalog(id);
        await kit.stored(kit.event(id));
      }
      expect(kit.store.filters(plain.workspace_id, 'order.created', null)).toBeNull();
      const found = await kit.store.filters(workspace_id, 'order.created', null);
      expect(found).toMatchObject([{ id: hook_id, filter: { text: FILTER } }]);
      expect(await kit.store.filters(workspace_id, 'invoice.paid', null)).toEqual([]);
    },
  );

  check('a result that is given is not evaluated again', async (kit) => {
    const { workspace_id } = await kit.pair({ filter: FILTER });
    const verdicts = new Map([[FILTER, 'match' as const]]);
    expect(await countsOf(kit, workspace_id, { verdicts })).toEqual([1, 0, 1]);
  });
};
