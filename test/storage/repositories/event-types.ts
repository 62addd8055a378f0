import { expect } from 'vitest';
import type { PageQuery } from '../../../packages/server/src/ports/page.ts';
import type { EventType } from '../../../packages/server/src/ports/repositories.ts';
import { schemaKey } from '../../../packages/server/src/storage/caches.ts';
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
    const schema = () => kit.caches.schemas.get(schemaKey(workspace_id, 'order.created'));
    expect(await schema()).toBe(JSON.stringify(eventType().schema));
    await kit.event_types.put(workspace_id, eventType({ schema: {} }));
    expect(await schema()).toBe('{}');
    expect(await kit.announced(() => kit.event_types.remove(workspace_id, 'order.created'))).toEqual(changed);
    expect([await types(), await schema()]).toEqual([[], null]);
  });

  check(
    'the size of a catalog counts the types of other names, and the bytes of their schemas',
    async (kit) => {
      const [one, two] = await kit.addWorkspaces();
      await kit.event_types.put(one, eventType());
      await kit.event_types.put(one, eventType({ name: 'b', schema: { const: 'ä' } }));
      await kit.event_types.put(one, eventType({ name: 'c', schema: null }));
      const schemas_bytes = Buffer.byteLength('{"const":"ä"}');
      expect(await kit.event_types.sizeWithout(one, 'order.created')).toEqual({
        event_types: 2,
        schemas_bytes,
      });
      expect(await kit.event_types.sizeWithout(two, 'order.created')).toEqual({
        event_types: 0,
        schemas_bytes: 0,
      });
    },
  );

  check('a page ends at the type that reaches 4 MiB', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    const names = ['a', 'b', 'c', 'd'];
    const example = { text: 'x'.repeat(2_100_000) };
    for (const name of names) await kit.event_types.put(workspace_id, eventType({ name, example }));
    const namesOf = async (page: PageQuery) => {
      const { data, next } = await kit.event_types.list(workspace_id, page);
      return [data.map(({ name }) => name), next];
    };
    expect(await namesOf(FIRST_PAGE)).toEqual([['a', 'b'], 'b']);
    expect(await namesOf({ limit: 1, after: 'a' })).toEqual([['b'], 'b']);
    expect(await namesOf({ limit: 100, after: 'b' })).toEqual([['c', 'd'], null]);
  });
};
