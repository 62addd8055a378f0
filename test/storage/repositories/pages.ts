import { expect } from 'vitest';
import type { Page, PageQuery } from '../../../packages/server/src/ports/page.ts';
import { auditEntry } from './audit.ts';
import { type Check, FIRST_PAGE, type Kit, NOW, TIMES, walk } from './kit.ts';

/** In the order of their bytes, which is the order of no language. */
const IN_BYTES = ['-', '1', '11', 'A', 'B', 'a', 'aB', 'ab', 'b', 'z', 'ä'] as const;

interface List {
  /** Adds a row with an id (or a name) to a workspace. */
  readonly add: (kit: Kit, workspace_id: string, id: string) => Promise<unknown>;
  readonly list: (kit: Kit, workspace_id: string, page: PageQuery) => Promise<Page<object>>;
  readonly keyOf?: (row: object) => unknown;
  /** Sorted by name instead of newest first. */
  readonly ascending?: true;
}

const LISTS: Readonly<Record<string, List>> = {
  workspaces: {
    add: (kit, _, id) =>
      kit.workspaces.create({ id, name: `named ${id}`, dialect: 'standard', strict: false, ...TIMES }, []),
    list: (kit, workspace_id, page) => {
      // Only this list contains the workspace of the test itself.
      const own = kit.db.deleteFrom('bellwire_workspaces').where('id', '=', workspace_id);
      return own.execute().then(() => kit.workspaces.list(page));
    },
  },
  api_keys: {
    add: (kit, workspace_id, id) =>
      kit.api_keys.create(
        {
          id,
          workspace_id,
          name: 'CI',
          scope: 'send',
          hint: '…',
          events_per_second: null,
          created_at: NOW,
          expires_at: null,
          last_used_at: null,
        },
        `hash of ${id}`,
      ),
    list: (kit, workspace_id, page) => kit.api_keys.list(workspace_id, page),
  },
  event_types: {
    add: (kit, workspace_id, name) =>
      kit.event_types.put(workspace_id, {
        name,
        description: '',
        schema: null,
        example: null,
        previous_example: null,
        ...TIMES,
      }),
    list: (kit, workspace_id, page) => kit.event_types.list(workspace_id, page),
    keyOf: (row) => ('name' in row ? row.name : null),
    ascending: true,
  },
  hooks: {
    add: (kit, workspace_id, id) => kit.addHook(workspace_id, { id }),
    list: (kit, workspace_id, page) => kit.hooks.list(workspace_id, {}, page),
  },
  events: {
    add: (kit, workspace_id, id) => kit.addEvent(workspace_id, { id }),
    list: (kit, workspace_id, page) => kit.events.list(workspace_id, {}, page),
  },
  'events of a type': {
    add: (kit, workspace_id, id) => kit.addEvent(workspace_id, { id }),
    list: (kit, workspace_id, page) => kit.events.list(workspace_id, { type: 'order.created' }, page),
  },
  deliveries: {
    add: (kit, workspace_id, id) => kit.addDelivery({ workspace_id, id: 'wh_1' }, { id }),
    list: (kit, workspace_id, page) => kit.deliveries.list(workspace_id, {}, page),
  },
  'deliveries of a hook': {
    add: (kit, workspace_id, id) => kit.addDelivery({ workspace_id, id: 'wh_1' }, { id }),
    list: (kit, workspace_id, page) => kit.deliveries.list(workspace_id, { hook_id: 'wh_1' }, page),
  },
  audit: {
    add: (kit, workspace_id, id) => kit.audit.add(auditEntry({ id, workspace_id })),
    list: (kit, workspace_id, page) => kit.audit.list(workspace_id, {}, page),
  },
  'audit of a subject': {
    add: (kit, workspace_id, id) => kit.audit.add(auditEntry({ id, workspace_id })),
    list: (kit, workspace_id, page) => kit.audit.list(workspace_id, { subject: 'wh_1' }, page),
  },
};

const idOf = (row: object): unknown => ('id' in row ? row.id : null);

/** An order that is neither the order of bytes nor its reverse. */
const shuffled = <T>(rows: readonly T[]): readonly T[] => [
  ...rows.filter((_, index) => index % 3 === 1),
  ...rows.filter((_, index) => index % 3 === 0).toReversed(),
  ...rows.filter((_, index) => index % 3 === 2),
];

/** The guarantees of every list. */
export const pages = (check: Check): void => {
  for (const [name, { add, list, keyOf = idOf, ascending = false }] of Object.entries(LISTS)) {
    check(`${name}: pages of any length hold each row once, in the order of its bytes`, async (kit) => {
      const workspace_id = await kit.arrange.addWorkspace();
      for (const id of shuffled(IN_BYTES)) await add(kit, workspace_id, id);
      const expected = ascending ? IN_BYTES : IN_BYTES.toReversed();
      for (const limit of [1, 2, 3, IN_BYTES.length, 100]) {
        const walked = await walk((page) => list(kit, workspace_id, page), limit);
        expect(walked.flat().map(keyOf)).toEqual(expected);
        expect(walked.length).toBe(Math.ceil(IN_BYTES.length / limit));
      }
    });
  }

  check('an empty list is one empty page', async (kit) => {
    for (const { list } of Object.values(LISTS)) {
      expect(await list(kit, 'ws_none', FIRST_PAGE)).toEqual({ data: [], next: null });
    }
  });

  check('a page begins behind its cursor, even when that row is deleted or rows are added', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    const add = (id: string) => LISTS['api_keys']!.add(kit, workspace_id, id);
    for (const id of ['b', 'd', 'f']) await add(id);
    const first = await kit.api_keys.list(workspace_id, { limit: 2, after: null });
    expect(first.next).toBe('d');
    await kit.api_keys.remove(workspace_id, 'd');
    for (const id of ['a', 'e', 'g']) await add(id);
    const second = await kit.api_keys.list(workspace_id, { limit: 2, after: first.next });
    expect(second.data.map(({ id }) => id)).toEqual(['b', 'a']);
  });

  check('the lists of a workspace contain no rows of another', async (kit) => {
    const [mine, other] = await kit.addWorkspaces();
    for (const [name, { add, list }] of Object.entries(LISTS)) {
      if (name === 'workspaces' || name.includes(' of ')) continue;
      await add(kit, other, 'theirs');
      expect((await list(kit, mine, FIRST_PAGE)).data).toEqual([]);
      expect((await list(kit, other, FIRST_PAGE)).data).toHaveLength(1);
    }
  });
};
