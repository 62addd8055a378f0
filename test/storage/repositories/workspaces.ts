import { expect } from 'vitest';
import type { EventType, Workspace } from '../../../packages/server/src/ports/repositories.ts';
import { type Check, FIRST_PAGE, idsOf, type Kit, NOW } from './kit.ts';

const workspace = (differences: Partial<Workspace> = {}): Workspace => ({
  id: 'ws_1',
  name: 'Production',
  dialect: 'stripe',
  strict: true,
  created_at: NOW,
  updated_at: NOW,
  ...differences,
});

const eventType = (name: string): EventType => ({
  name,
  description: 'An order',
  schema: { type: 'object' },
  example: null,
  created_at: NOW,
  updated_at: NOW,
});

const catalogChanged = (workspace_id: string) => ({ kind: 'catalog', workspace_id });

/** What keeps a workspace from being removed. */
const USES: Readonly<Record<string, (kit: Kit, workspace_id: string) => Promise<unknown>>> = {
  'an event': (kit, workspace_id) => kit.addEvent(workspace_id),
  'a hook': (kit, workspace_id) => kit.addHook(workspace_id),
  'an API key': (kit, workspace_id) =>
    kit.api_keys.create(
      { id: workspace_id, workspace_id, name: 'CI', scope: 'send', hint: '…', created_at: NOW },
      `hash of ${workspace_id}`,
    ),
};

const creation = (check: Check): void => {
  check('a workspace is as it was created, with its catalog', async (kit) => {
    expect(await kit.workspaces.create(workspace(), [eventType('order.created')])).toBe(true);
    expect(await kit.workspaces.get('ws_1')).toEqual(workspace());
    expect((await kit.workspaces.list(FIRST_PAGE)).data).toEqual([workspace()]);
    expect((await kit.event_types.list('ws_1', FIRST_PAGE)).data).toEqual([eventType('order.created')]);
    await kit.workspaces.create(workspace({ id: 'ws_2', name: 'Test', strict: false }), []);
    expect(await kit.workspaces.get('ws_2')).toMatchObject({ strict: false });
    expect(await kit.workspaces.get('ws_3')).toBe(null);
  });

  check('milliseconds are numbers, to the largest that a number holds exactly', async (kit) => {
    const last = workspace({ created_at: Number.MAX_SAFE_INTEGER, updated_at: 0 });
    await kit.workspaces.create(last, []);
    expect(await kit.workspaces.get('ws_1')).toEqual(last);
  });

  check('a name that is taken creates nothing', async (kit) => {
    await kit.workspaces.create(workspace(), []);
    expect(await kit.workspaces.create(workspace({ id: 'ws_2' }), [eventType('order.created')])).toBe(false);
    expect(idsOf(await kit.workspaces.list(FIRST_PAGE))).toEqual(['ws_1']);
    expect(await kit.rowsOf('bellwire_event_types', 'ws_2')).toBe(0);
    // Another case is another name.
    expect(await kit.workspaces.create(workspace({ id: 'ws_2', name: 'production' }), [])).toBe(true);
  });

  check('of two that want one name at once, one gets it', async (kit) => {
    const created = await Promise.all(
      ['ws_1', 'ws_2', 'ws_3'].map((id) => kit.workspaces.create(workspace({ id }), [])),
    );
    expect(created.filter(Boolean)).toHaveLength(1);
    expect((await kit.workspaces.list(FIRST_PAGE)).data).toHaveLength(1);
  });
};

const change = (check: Check): void => {
  check('an update changes what it names and nothing else', async (kit) => {
    for (const id of ['ws_1', 'ws_2']) await kit.workspaces.create(workspace({ id, name: id }), []);
    const renamed = workspace({ name: 'Live', updated_at: NOW + 1 });
    expect(await kit.workspaces.update('ws_1', { name: 'Live' }, NOW + 1)).toEqual(renamed);
    const loosened = { ...renamed, strict: false, updated_at: NOW + 2 };
    expect(await kit.workspaces.update('ws_1', { strict: false }, NOW + 2)).toEqual(loosened);
    expect(await kit.workspaces.get('ws_1')).toEqual(loosened);
    expect(await kit.workspaces.get('ws_2')).toEqual(workspace({ id: 'ws_2', name: 'ws_2' }));
  });

  check("an update to another's name is refused, to its own it is not", async (kit) => {
    for (const id of ['ws_1', 'ws_2']) await kit.workspaces.create(workspace({ id, name: id }), []);
    expect(await kit.workspaces.update('ws_1', { name: 'ws_2', strict: false }, NOW + 1)).toBe('taken');
    expect(await kit.workspaces.get('ws_1')).toEqual(workspace({ name: 'ws_1' }));
    expect(await kit.workspaces.update('ws_1', { name: 'ws_1' }, NOW + 1)).toMatchObject({ name: 'ws_1' });
    expect(await kit.workspaces.update('ws_3', { name: 'ws_3' }, NOW)).toBe(null);
  });

  check('every change is announced, and the catalog in memory follows', async (kit) => {
    expect(await kit.caches.catalogs.get('ws_1')).toBe(null);
    expect(
      await kit.announced(() => kit.workspaces.create(workspace(), [eventType('order.created')])),
    ).toContainEqual(catalogChanged('ws_1'));
    expect(await kit.caches.catalogs.get('ws_1')).toEqual({
      id: 'ws_1',
      dialect: 'stripe',
      strict: true,
      event_types: new Map([
        ['order.created', { schema: { type: 'object' }, schema_text: '{"type":"object"}', example: null }],
      ]),
    });
    expect(await kit.announced(() => kit.workspaces.update('ws_1', { strict: false }, NOW))).toContainEqual(
      catalogChanged('ws_1'),
    );
    expect(await kit.caches.catalogs.get('ws_1')).toMatchObject({ strict: false });
    expect(await kit.announced(() => kit.workspaces.remove('ws_1'))).toContainEqual(catalogChanged('ws_1'));
    expect(await kit.caches.catalogs.get('ws_1')).toBe(null);
  });
};

const removal = (check: Check): void => {
  for (const [use, add] of Object.entries(USES)) {
    check(`a workspace with ${use} is not removed`, async (kit) => {
      const [used, unused] = [await kit.arrange.addWorkspace(), await kit.arrange.addWorkspace()];
      await add(kit, used);
      expect(await kit.workspaces.remove(used)).toBe('in_use');
      expect(await kit.workspaces.get(used)).toMatchObject({ id: used });
      expect(await kit.workspaces.remove(unused)).toBe('removed');
    });
  }

  check('a workspace is removed with all that is left in it, and no other is touched', async (kit) => {
    const [gone, other] = [await kit.arrange.addWorkspace(), await kit.arrange.addWorkspace()];
    for (const workspace_id of [gone, other]) {
      await kit.event_types.put(workspace_id, eventType('order.created'));
      const tenants = Array.from({ length: 1_001 }, (_, index) => ({
        workspace_id,
        tenant: `cus_${index}`,
        created_at: NOW,
      }));
      await kit.db.insertInto('bellwire_tenants').values(tenants).execute();
      for (const tenant of [null, 'cus_1']) {
        const hook = await kit.addHook(workspace_id, { tenant, secret: { id: kit.ids('sec'), value: 'x' } });
        await kit.hooks.remove(workspace_id, hook.id, NOW);
      }
    }
    expect(await kit.workspaces.remove(gone)).toBe('removed');
    expect(await kit.workspaces.get(gone)).toBe(null);
    expect(await kit.workspaces.remove(gone)).toBe('not_found');
    for (const [table, kept] of [
      ['bellwire_hooks', 2],
      ['bellwire_tenants', 1_001],
      ['bellwire_event_types', 1],
    ] as const) {
      expect(await kit.rowsOf(table, gone)).toBe(0);
      expect(await kit.rowsOf(table, other)).toBe(kept);
    }
  });
};

export const workspaces = (check: Check): void => {
  creation(check);
  change(check);
  removal(check);
};
