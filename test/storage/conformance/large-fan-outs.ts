import { expect } from 'vitest';
import { type Check, type Kit, LEASE_MS, NOW, OK } from './kit.ts';

const manyHooks = async (kit: Kit, count: number) => {
  const workspace_id = await kit.arrange.addWorkspace();
  return { workspace_id, hooks: await kit.arrange.addHooks(workspace_id, count) };
};

const next = (
  kit: Kit,
  max_deliveries: number,
  {
    saturated = [],
    closed = [],
  }: { readonly saturated?: readonly string[]; readonly closed?: readonly string[] } = {},
) =>
  kit.store.continueFanOuts({
    now: NOW,
    lease_until: NOW + LEASE_MS,
    saturated_hooks: new Set(saturated),
    max_deliveries,
    isOpen: (owner) => !closed.includes(owner.join(' ')),
  });

/** Continues every fan-out until it is complete. */
const serve = async (kit: Kit): Promise<void> => {
  for (let slices = 1; slices <= 100; slices += 1) if (!(await next(kit, 256)).has_more) return;
  throw new Error('the fan-outs do not end');
};

const hooksServed = async (kit: Kit) =>
  (await kit.arrange.deliveries()).map(({ hook_id }) => hook_id).toSorted();

/** Events for more hooks than one transaction may hold. */
export const largeFanOuts = (check: Check): void => {
  check('the receipt counts all hooks, the batch stores a half, slices store the rest', async (kit) => {
    const { workspace_id, hooks } = await manyHooks(kit, 600);
    const { accepted, has_fan_outs } = await kit.commit({
      events: [kit.event(workspace_id)],
      max_deliveries: 50,
    });
    expect(accepted).toMatchObject([{ kind: 'accepted', receipt: { deliveries: 600 } }]);
    expect(accepted).toHaveProperty('0.leased.length', 25);
    expect(has_fan_outs).toBe(true);
    expect(await kit.arrange.deliveries()).toHaveLength(25);
    const first = await next(kit, 256);
    expect(first).toMatchObject({ has_more: true, leased: { length: 256 } });
    expect(first.leased[0]).toMatchObject({ event: null, lease_token: 1, lease_until: NOW + LEASE_MS });
    await serve(kit);
    expect(await hooksServed(kit)).toEqual(hooks.toSorted());
    expect(await kit.store.openDeliveries(NOW)).toMatchObject({ pending: 0, sending: 600, held: 0 });
    expect(await next(kit, 256)).toMatchObject({ leased: [], has_more: false });
  });

  check('a large event does not defer a small one of another workspace in its batch', async (kit) => {
    const { workspace_id } = await manyHooks(kit, 600);
    const other = await manyHooks(kit, 2);
    const { accepted } = await kit.commit({
      events: [kit.event(workspace_id), kit.event(other.workspace_id)],
      max_deliveries: 50,
    });
    expect(accepted).toMatchObject([{ kind: 'accepted' }, { kind: 'accepted', leased: { length: 2 } }]);
  });

  check('the hooks are those of the accept: later hooks and deleted ones get nothing', async (kit) => {
    const { workspace_id, hooks } = await manyHooks(kit, 5);
    await kit.commit({ events: [kit.event(workspace_id)], max_deliveries: 1 });
    await kit.arrange.addHook(workspace_id);
    const [first, deleted, changed, paused] = hooks;
    await kit.arrange.deleteHook(deleted!);
    await kit.arrange.setHookEvents(changed!, ['something.else']);
    await kit.arrange.setHookStatus(paused!, 'paused');
    await serve(kit);
    const rows = await kit.arrange.deliveries();
    expect(Object.fromEntries(rows.map(({ hook_id, status }) => [hook_id, status]))).toEqual({
      [first!]: 'sending',
      [changed!]: 'sending',
      [paused!]: 'held',
      [hooks[4]!]: 'sending',
    });
  });

  check('a saturated hook gets its delivery pending', async (kit) => {
    const { workspace_id, hooks } = await manyHooks(kit, 3);
    await kit.commit({ events: [kit.event(workspace_id)], max_deliveries: 1 });
    const { leased } = await next(kit, 256, { saturated: [hooks[1]!] });
    expect(leased.map(({ delivery }) => delivery.hook_id)).toEqual([hooks[2]]);
    expect(await kit.arrange.deliveries({ hook_id: hooks[1]! })).toMatchObject([
      { status: 'pending', next_attempt_at: NOW },
    ]);
  });

  check('another process continues a fan-out of a dead one without loss or duplicates', async (kit) => {
    const { workspace_id, hooks } = await manyHooks(kit, 700);
    await kit.commit({ events: [kit.event(workspace_id)], max_deliveries: 100 });
    await next(kit, 256);
    await serve({ ...kit, store: kit.successor() });
    expect(await hooksServed(kit)).toEqual(hooks.toSorted());
  });

  check('a slice stores as many deliveries as its limit', async (kit) => {
    const { workspace_id } = await manyHooks(kit, 600);
    await kit.commit({ events: [kit.event(workspace_id)], max_deliveries: 128 });
    expect((await next(kit, 128)).leased).toHaveLength(128);
  });

  check('an event that does not fit beside others waits for the next batch', async (kit) => {
    const { workspace_id } = await manyHooks(kit, 4);
    const events = [kit.event(workspace_id), kit.event(workspace_id), kit.event(workspace_id)];
    const { accepted } = await kit.commit({ events, max_deliveries: 8 });
    expect(accepted.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'deferred']);
    expect(await kit.arrange.events()).toHaveLength(2);
    expect(await kit.accept(events[2]!)).toMatchObject({ kind: 'accepted' });
  });

  check('workspaces are served round robin: a small fan-out does not wait for a large one', async (kit) => {
    const [large, small] = [await manyHooks(kit, 1_100), await manyHooks(kit, 3)];
    await kit.commit({ events: [kit.event(large.workspace_id)], max_deliveries: 1 });
    await kit.commit({ events: [kit.event(small.workspace_id)], max_deliveries: 1 });
    for (const _ of [1, 2]) await next(kit, 1);
    expect(await kit.arrange.deliveries({ hook_id: small.hooks[2]! })).toHaveLength(1);
  });

  check('tenants are served round robin, and those that are closed are passed over', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    await kit.arrange.addHooks(workspace_id, 1_000, { tenant: 'cus_1' });
    const [first] = await kit.arrange.addHooks(workspace_id, 4, { tenant: 'cus_2' });
    for (const tenant of ['cus_1', 'cus_2'])
      await kit.commit({ events: [kit.event(workspace_id, { tenant })], max_deliveries: 1 });
    const of = (tenant: string) => `${workspace_id} ${tenant}`;
    expect(await next(kit, 1, { closed: [of('cus_1'), of('cus_2')] })).toMatchObject({
      leased: [],
      has_more: false,
      waiting: [
        [workspace_id, 'cus_1'],
        [workspace_id, 'cus_2'],
      ],
    });
    const slice = await next(kit, 256, { closed: [of('cus_1')] });
    expect(slice).toMatchObject({
      leased: { length: 3 },
      has_more: false,
      waiting: [[workspace_id, 'cus_1']],
    });
    expect(await kit.arrange.deliveries({ hook_id: first! })).toHaveLength(1);
    await kit.commit({ events: [kit.event(workspace_id, { tenant: 'cus_2' })], max_deliveries: 1 });
    const tenants = [];
    for (let n = 0; n < 2; n += 1) tenants.push((await next(kit, 1)).leased[0]?.delivery.tenant);
    expect(new Set(tenants)).toEqual(new Set(['cus_1', 'cus_2']));
    await serve(kit);
    expect(await next(kit, 1)).toMatchObject({ has_more: false, waiting: [] });
  });

  check('an event whose hooks are not all served yet is not pruned', async (kit) => {
    const { workspace_id } = await manyHooks(kit, 2);
    const { accepted } = await kit.commit({ events: [kit.event(workspace_id)], max_deliveries: 1 });
    const [leased] = accepted[0]!.kind === 'accepted' ? accepted[0]!.leased : [];
    await kit.end(leased!, OK);
    expect(await kit.prune(NOW + 1)).toBe(0);
    expect(await kit.arrange.events()).toHaveLength(1);
  });
};
