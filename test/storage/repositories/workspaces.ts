import { expect } from 'vitest';
import type { EventType, Workspace } from '../../../packages/server/src/ports/repositories.ts';
import { type Check, FIRST_PAGE, idsOf, NOW, TIMES } from './kit.ts';

const workspace = (differences: Partial<Workspace> = {}): Workspace => ({
  id: 'ws_1',
  name: 'Production',
  dialect: 'stripe',
  strict: true,
  ...TIMES,
  ...differences,
});

const eventType = (name: string): EventType => ({
  name,
  description: 'An order',
  schema: { type: 'object' },
  example: null,
  previous_example: null,
  ...TIMES,
});

const creation = (check: Check): void => {
  check('a workspace is returned as it was created, with its catalog', async (kit) => {
    expect(await kit.workspaces.create(workspace(), [eventType('order.created')])).toBe(true);
    expect(await kit.workspaces.get('ws_1')).toEqual(workspace());
    expect((await kit.workspaces.list(FIRST_PAGE)).data).toEqual([workspace()]);
    expect((await kit.event_types.list('ws_1', FIRST_PAGE)).data).toEqual([eventType('order.created')]);
    await kit.workspaces.create(workspace({ id: 'ws_2', name: 'Test', strict: false }), []);
    expect(await kit.workspaces.get('ws_2')).toMatchObject({ strict: false });
    expect(await kit.workspaces.get('ws_3')).toBe(null);
  });

  check('times are numbers up to the largest safe integer', async (kit) => {
    const last = workspace({ created_at: Number.MAX_SAFE_INTEGER, updated_at: 0 });
    await kit.workspaces.create(last, []);
    expect(await kit.workspaces.get('ws_1')).toEqual(last);
  });

  check('a workspace with a name in use is not created', async (kit) => {
    await kit.workspaces.create(workspace(), []);
    expect(await kit.workspaces.create(workspace({ id: 'ws_2' }), [eventType('order.created')])).toBe(false);
    expect(idsOf(await kit.workspaces.list(FIRST_PAGE))).toEqual(['ws_1']);
    expect(await kit.rowsOf('bellwire_event_types', 'ws_2')).toBe(0);
    // Another case is another name.
    expect(await kit.workspaces.create(workspace({ id: 'ws_2', name: 'production' }), [])).toBe(true);
  });

  check('an idempotency key creates one workspace, until that is removed', async (kit) => {
    const key = { idempotency_key: 'k', fingerprint: 'f00' };
    expect(await kit.workspaces.create(workspace(), [], key)).toBe(true);
    const second = workspace({ id: 'ws_2', name: 'Second' });
    expect(await kit.workspaces.create(second, [], key)).toBe(false);
    expect(await kit.workspaces.ofKey('k')).toEqual({ workspace: workspace(), fingerprint: 'f00' });
    expect(await kit.workspaces.ofKey('K')).toBe(null);
    const erasure = { id: kit.ids('ers'), workspace_id: 'ws_1', tenant: null, created_at: NOW };
    await kit.erasures.createForWorkspace(erasure, false);
    expect(await kit.workspaces.ofKey('k')).toBe(null);
    expect(await kit.workspaces.create(second, [], key)).toBe(true);
  });

  check('of several workspaces with one name that are created at once, one is stored', async (kit) => {
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

  check('an update to the name of another workspace is refused, to its own name accepted', async (kit) => {
    for (const id of ['ws_1', 'ws_2']) await kit.workspaces.create(workspace({ id, name: id }), []);
    expect(await kit.workspaces.update('ws_1', { name: 'ws_2', strict: false }, NOW + 1)).toBe('taken');
    expect(await kit.workspaces.get('ws_1')).toEqual(workspace({ name: 'ws_1' }));
    expect(await kit.workspaces.update('ws_1', { name: 'ws_1' }, NOW + 1)).toMatchObject({ name: 'ws_1' });
    expect(await kit.workspaces.update('ws_3', { name: 'ws_3' }, NOW)).toBe(null);
  });

  check('every change is announced, and updates the cached catalog', async (kit) => {
    expect(await kit.caches.catalogs.get('ws_1')).toBe(null);
    const create = () => kit.workspaces.create(workspace(), [eventType('order.created')]);
    const changed = { kind: 'catalog', workspace_id: 'ws_1' };
    expect(await kit.announced(create)).toContainEqual(changed);
    expect(await kit.caches.catalogs.get('ws_1')).toEqual({
      id: 'ws_1',
      dialect: 'stripe',
      strict: true,
      event_types: new Map([['order.created', { has_schema: true, has_example: false }]]),
    });
    const update = () => kit.workspaces.update('ws_1', { strict: false }, NOW);
    expect(await kit.announced(update)).toContainEqual(changed);
    expect(await kit.caches.catalogs.get('ws_1')).toMatchObject({ strict: false });
    const erasure = { id: kit.ids('ers'), workspace_id: 'ws_1', tenant: null, created_at: NOW };
    const erase = () => kit.erasures.createForWorkspace(erasure, false);
    expect(await kit.announced(erase)).toContainEqual(changed);
    expect(await kit.caches.catalogs.get('ws_1')).toBe(null);
  });
};

export const workspaces = (check: Check): void => {
  creation(check);
  change(check);
};
