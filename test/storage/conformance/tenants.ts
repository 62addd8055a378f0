import { expect } from 'vitest';
import { type Check, hookIdsOf, type Kit, NOW } from './kit.ts';

/** Adds a workspace with hooks of two tenants, of every tenant and of none. */
const tenantHooks = async (kit: Kit) => {
  const workspace_id = await kit.arrange.addWorkspace();
  const add = (tenant: string | null) => kit.arrange.addHook(workspace_id, { tenant });
  return { workspace_id, a: await add('a'), b: await add('b'), all: await add('*'), none: await add(null) };
};

/** The hooks of a tenant's events, and the separation of tenants. */
export const tenants = (check: Check): void => {
  check('an event of a tenant reaches the hooks of that tenant and of every tenant only', async (kit) => {
    const { workspace_id, ...hooks } = await tenantHooks(kit);
    for (const [tenant, expected] of [
      ['a', [hooks.a, hooks.all]],
      ['b', [hooks.b, hooks.all]],
      ['c', [hooks.all]],
      [null, [hooks.none, hooks.all]],
    ] as const) {
      const { leased, receipt } = await kit.stored(kit.event(workspace_id, { tenant }));
      expect(hookIdsOf(leased)).toEqual([...expected].toSorted());
      expect(receipt).toMatchObject({ tenant, deliveries: expected.length });
      for (const { delivery } of leased) expect(delivery.tenant).toBe(tenant);
    }
    const rows = await kit.arrange.deliveries({ hook_id: hooks.all });
    expect(rows.map(({ tenant }) => tenant)).toEqual(['a', 'b', 'c', null]);
  });

  check('hook_ids does not widen an event to the hooks of another tenant', async (kit) => {
    const { workspace_id, a, b, all } = await tenantHooks(kit);
    const event = kit.event(workspace_id, { tenant: 'a', hook_ids: [a, b, all] });
    const { leased } = await kit.stored(event);
    expect(hookIdsOf(leased)).toEqual([a, all].toSorted());
  });

  check('each tenant has its own idempotency keys', async (kit) => {
    const { workspace_id } = await tenantHooks(kit);
    const keyed = (tenant: string | null, fingerprint: string) =>
      kit.accept(kit.event(workspace_id, { tenant, idempotency_key: 'k', fingerprint }));
    const kinds = [];
    for (const tenant of ['a', 'b', null, 'a', 'b', null]) kinds.push((await keyed(tenant, '1')).kind);
    expect(kinds).toEqual(['accepted', 'accepted', 'accepted', 'repeated', 'repeated', 'repeated']);
    expect((await keyed(null, '2')).kind).toBe('conflict');
  });

  check('the first event of a tenant creates it, once', async (kit) => {
    const { workspace_id } = await tenantHooks(kit);
    expect(await kit.arrange.tenants(workspace_id)).toEqual([]);
    await kit.stored(kit.event(workspace_id, { tenant: 'new' }));
    await kit.commit({
      events: [kit.event(workspace_id, { tenant: 'new' }), kit.event(workspace_id)],
      now: NOW + 1,
    });
    expect(await kit.arrange.tenants(workspace_id)).toEqual([
      { workspace_id, tenant: 'new', metadata: '{}', limits: '{}', created_at: NOW },
    ]);
  });

  check('a refused event does not create its tenant, and the next event does', async (kit) => {
    const { workspace_id } = await tenantHooks(kit);
    const impossible = kit.event(workspace_id, { tenant: 'late', created_at: Number.NaN });
    expect(await kit.accept(impossible)).toMatchObject({ kind: 'rejected' });
    expect(await kit.arrange.tenants(workspace_id)).toEqual([]);
    await kit.stored(kit.event(workspace_id, { tenant: 'late' }));
    expect(await kit.arrange.tenants(workspace_id)).toHaveLength(1);
  });
};
