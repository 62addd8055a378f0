import { expect } from 'vitest';
import type { EventType } from '../../../packages/server/src/ports/repositories.ts';
import { type Check, FIRST_PAGE, NOW, TIMES } from './kit.ts';

const eventType = (differences: Partial<EventType> = {}): EventType => ({
  name: 'order.created',
  description: 'An order was created',
  schema: { type: 'object', properties: { z: {}, a: { const: '\u0000ä𝄞' } } },
  example: { z: 1.5, a: [null, true] },
  previous_example: { z: 1, a: '\u0000' },
  ...TIMES,
  ...differences,
});

export const eventTypes = (check: Check): void => {
  check('an event type is returned as it was put, with its keys in their order', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    expect(await kit.event_types.put(workspace_id, eventType())).toEqual(eventType());
    const stored = await kit.event_types.get(workspace_id, 'order.created');
    expect(stored).toEqual(eventType());
    expect(JSON.stringify(stored)).toBe(JSON.stringify(eventType()));
    const bare = eventType({ name: 'order.paid', schema: null, example: null, previous_example: null });
    expect(await kit.event_types.put(workspace_id, bare)).toEqual(bare);
    expect((await kit.event_types.list(workspace_id, FIRST_PAGE)).data).toEqual([eventType(), bare]);
  });

  check('put replaces a type and keeps the time of its creation', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    await kit.event_types.put(workspace_id, eventType());
    const empty = { description: '', schema: null, example: null, previous_example: null };
    const later = eventType({ ...empty, created_at: NOW + 5, updated_at: NOW + 5 });
    const expected = { ...later, created_at: NOW };
    expect(await kit.event_types.put(workspace_id, later)).toEqual(expected);
    expect((await kit.event_types.list(workspace_id, FIRST_PAGE)).data).toEqual([expected]);
  });

  check('a type is removed from its own workspace only', async (kit) => {
    const [one, two] = await kit.addWorkspaces();
    for (const workspace_id of [one, two]) await kit.event_types.put(workspace_id, eventType());
    expect(await kit.event_types.remove(one, 'order.created')).toBe(true);
    expect(await kit.event_types.remove(one, 'order.created')).toBe(false);
    expect(await kit.event_types.get(one, 'order.created')).toBe(null);
    expect(await kit.event_types.get(two, 'order.created')).toEqual(eventType());
    expect(await kit.event_types.get(two, 'ORDER.CREATED')).toBe(null);
  });

  check('every change is announced, and updates the cached catalog', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    const types = async () => [...((await kit.caches.catalogs.get(workspace_id))?.event_types.keys() ?? [])];
    expect(await types()).toEqual([]);
    const changed = [{ kind: 'catalog', workspace_id }];
    expect(await kit.announced(() => kit.event_types.put(workspace_id, eventType()))).toEqual(changed);
    expect(await types()).toEqual(['order.created']);
    expect(await kit.announced(() => kit.event_types.remove(workspace_id, 'order.created'))).toEqual(changed);
    expect(await types()).toEqual([]);
  });
};
