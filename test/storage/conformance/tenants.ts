import { expect } from 'vitest';
import { type Check, type Kit, NOW } from './kit.ts';

/** A workspace with a hook of each of two tenants, one of every tenant and one of none. */
const families = async (kit: Kit) => {
  const workspace_id = await kit.arrange.addWorkspace();
  const add = (tenant: string | null) => kit.arrange.addHook(workspace_id, { tenant });
  return { workspace_id, a: await add('a'), b: await add('b'), all: await add('*'), none: await add(null) };
};

/** Which hooks get the events of a tenant, and that tenants do not meet. */
export const tenants = (check: Check): void => {
  check('an event of a tenant reaches its hooks and those of every tenant, and no other', async (kit) => {
    const { workspace_id, ...hooks } = await families(kit);
    for (const [tenant, expected] of [
      ['a', [hooks.a, hooks.all]],
      ['b', [hooks.b, hooks.all]],
      ['c', [hooks.all]],
      [null, [hooks.none, hooks.all]],
    ] as const) {
      const { leased, receipt } = await kit.stored(kit.event(workspace_id, { tenant }));
      expect(leased.map(({ delivery }) => delivery.hook_id).toSorted()).toEqual([...expected].toSorted());
      expect(receipt).toMatchObject({ tenant, deliveries: expected.length });
      for (const { delivery } of leased) expect(delivery.tenant).toBe(tenant);
    }
    const rows = await kit.arrange.deliveries({ hook_id: hooks.all });
    expect(rows.map(({ tenant }) => tenant)).toEqual(['a', 'b', 'c', null]);
  });

  check('hook_ids does not widen an event to the hooks of another tenant', async (kit) => {
    const { workspace_id, a, b, all } = await families(kit);
    const event = kit.event(workspace_id, { tenant: 'a', hook_ids: [a, b, all] });
    const { leased } = await kit.stored(event);
    expect(leased.map(({ delivery }) => delivery.hook_id).toSorted()).toEqual([a, all].toSorted());
  });

  check('an idempotency key of one tenant is another key for another tenant', async (kit) => {
    const { workspace_id } = await families(kit);
    const keyed = (tenant: string | null, fingerprint: string) =>
      kit.accept(kit.event(workspace_id, { tenant, idempotency_key: 'k', fingerprint }));
    const kinds = [];
    for (const tenant of ['a', 'b', null, 'a', 'b', null]) kinds.push((await keyed(tenant, '1')).kind);
    expect(kinds).toEqual(['accepted', 'accepted', 'accepted', 'repeated', 'repeated', 'repeated']);
    expect((await keyed(null, '2')).kind).toBe('conflict');
  });

  check('a tenant exists from its first event on, once', async (kit) => {
    const { workspace_id } = await families(kit);
    expect(await kit.arrange.tenants(workspace_id)).toEqual([]);
    await kit.stored(kit.event(workspace_id, { tenant: 'new' }));
    await kit.commit({
      events: [kit.event(workspace_id, { tenant: 'new' }), kit.event(workspace_id)],
      now: NOW + 1,
    });
    expect(await kit.arrange.tenants(workspace_id)).toEqual([
      { workspace_id, tenant: 'new', created_at: NOW },
    ]);
  });

  check('a tenant of a refused event is created by the next one', async (kit) => {
    const { workspace_id } = await families(kit);
    const impossible = kit.event(workspace_id, { tenant: 'late', created_at: Number.NaN });
    expect(await kit.accept(impossible)).toMatchObject({ kind: 'rejected' });
    expect(await kit.arrange.tenants(workspace_id)).toEqual([]);
    await kit.stored(kit.event(workspace_id, { tenant: 'late' }));
    expect(await kit.arrange.tenants(workspace_id)).toHaveLength(1);
  });
};
