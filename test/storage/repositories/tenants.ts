import { expect } from 'vitest';
import { type Check, FIRST_PAGE, NOW, walk } from './kit.ts';

const NO_HOOKS = { active: 0, failing: 0, paused: 0, disabled: 0, unvalidated: 0 };

export const tenants = (check: Check): void => {
  check('a tenant is created by its first change and keeps its metadata until the next one', async (kit) => {
    const [one, two] = await kit.addWorkspaces();
    expect(await kit.tenants.get(one, 'cus_1')).toBeNull();
    const limits = { max_hooks: null, events_per_second: null };
    const created = { tenant: 'cus_1', metadata: {}, limits, hooks: NO_HOOKS, created_at: NOW };
    await kit.tenants.update(one, 'cus_1', { now: NOW });
    expect(await kit.tenants.get(one, 'cus_1')).toEqual(created);
    const changed = { ...created, metadata: { plan: 'team' } };
    await kit.tenants.update(one, 'cus_1', { metadata: changed.metadata, now: NOW + 1 });
    expect(await kit.tenants.get(one, 'cus_1')).toEqual(changed);
    await kit.tenants.update(one, 'cus_1', { now: NOW + 2 });
    expect(await kit.tenants.get(one, 'cus_1')).toEqual(changed);
    expect(await kit.tenants.get(two, 'cus_1')).toBeNull();
    expect(await kit.tenants.list(two, FIRST_PAGE)).toEqual({ data: [], next: null });
  });

  check('the limits of a tenant are those that were set, and its rate is current in memory', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    expect(await kit.tenants.eventsPerSecond(workspace_id, 'cus_1')).toBeNull();
    for (const events_per_second of [5, 7, null]) {
      const limits = { max_hooks: 3, events_per_second };
      await kit.tenants.update(workspace_id, 'cus_1', { limits, now: NOW });
      expect(await kit.tenants.settings(workspace_id, 'cus_1')).toEqual({ metadata: {}, limits });
      expect(await kit.tenants.eventsPerSecond(workspace_id, 'cus_1')).toBe(events_per_second);
    }
    expect(await kit.tenants.settings(workspace_id, 'cus_2')).toBeNull();
  });

  check('tenants are listed in the byte order of their ids, on pages of any length', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    const names = ['a', 'B', 'cus_10', 'cus_9', 'ä', '文'];
    for (const name of names) await kit.tenants.update(workspace_id, name, { now: NOW });
    const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const limit of [1, 2, 6, 7]) {
      const pages = await walk((page) => kit.tenants.list(workspace_id, page), limit);
      expect(pages.flat().map(({ tenant }) => tenant)).toEqual(sorted);
    }
  });

  check('a tenant counts its own hooks by status, without deleted ones', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    const add = async (tenant: string, status: 'active' | 'paused' | 'disabled' | 'unvalidated') =>
      kit.addHook(workspace_id, { tenant, status });
    for (const status of ['active', 'active', 'paused', 'disabled', 'unvalidated'] as const) {
      await add('cus_1', status);
    }
    await add('cus_2', 'paused');
    await add('*', 'active');
    const deleted = await add('cus_2', 'active');
    await kit.hooks.remove(workspace_id, deleted.id, NOW);
    const counts = { ...NO_HOOKS, active: 2, paused: 1, disabled: 1, unvalidated: 1 };
    expect(await kit.tenants.get(workspace_id, 'cus_1')).toMatchObject({ hooks: counts });
    const { data } = await kit.tenants.list(workspace_id, FIRST_PAGE);
    expect(data.map(({ tenant, hooks }) => [tenant, hooks])).toEqual([
      ['cus_1', counts],
      ['cus_2', { ...NO_HOOKS, paused: 1 }],
    ]);
  });
};
