import type { Kysely, Selectable } from 'kysely';
import type { Repositories, Workspace } from '../../ports/repositories.ts';
import type { Caches } from '../caches.ts';
import type { Schema } from '../schema.ts';
import { toEventTypeRow } from './event-types.ts';
import { rowsToFetch, toPage } from './page.ts';

const toWorkspace = (row: Selectable<Schema['bellwire_workspaces']>): Workspace => ({
  ...row,
  strict: row.strict === 1,
});

const isUsed = async (db: Kysely<Schema>, id: string): Promise<boolean> => {
  for (const table of ['bellwire_events', 'bellwire_api_keys'] as const) {
    const row = await db
      .selectFrom(table)
      .select('workspace_id')
      .where('workspace_id', '=', id)
      .executeTakeFirst();
    if (row !== undefined) return true;
  }
  const hook = await db
    .selectFrom('bellwire_hooks')
    .select('id')
    .where('workspace_id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return hook !== undefined;
};

export const createWorkspaces = (db: Kysely<Schema>, caches: Caches): Repositories['workspaces'] => {
  const get = async (id: string, from: Kysely<Schema> = db): Promise<Workspace | null> => {
    const row = await from
      .selectFrom('bellwire_workspaces')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? null : toWorkspace(row);
  };
  return {
    create: async (workspace, catalog) => {
      const created = await db.transaction().execute(async (trx) => {
        const { numInsertedOrUpdatedRows } = await trx
          .insertInto('bellwire_workspaces')
          .values({ ...workspace, strict: workspace.strict ? 1 : 0 })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        if (numInsertedOrUpdatedRows === 0n) return false;
        for (const type of catalog) {
          await trx.insertInto('bellwire_event_types').values(toEventTypeRow(workspace.id, type)).execute();
        }
        return true;
      });
      caches.catalogs.clear(workspace.id);
      return created;
    },
    list: async (page) => {
      let query = db
        .selectFrom('bellwire_workspaces')
        .selectAll()
        .orderBy('id', 'desc')
        .limit(rowsToFetch(page));
      if (page.after !== null) query = query.where('id', '<', page.after);
      return toPage(await query.execute(), page, { to: toWorkspace, keyOf: ({ id }) => id });
    },
    get: (id) => get(id),
    update: async (id, { name, strict }, now) => {
      const updated = await db.transaction().execute(async (trx) => {
        const other =
          name === undefined
            ? undefined
            : await trx
                .selectFrom('bellwire_workspaces')
                .select('id')
                .where('name', '=', name)
                .where('id', '!=', id)
                .executeTakeFirst();
        if (other !== undefined) return 'taken' as const;
        await trx
          .updateTable('bellwire_workspaces')
          .set({
            updated_at: now,
            ...(name === undefined ? {} : { name }),
            ...(strict === undefined ? {} : { strict: strict ? 1 : 0 }),
          })
          .where('id', '=', id)
          .execute();
        return get(id, trx);
      });
      caches.catalogs.clear(id);
      return updated;
    },
    remove: async (id) => {
      const removed = await db.transaction().execute(async (trx) => {
        if ((await get(id, trx)) === null) return 'not_found' as const;
        if (await isUsed(trx, id)) return 'in_use' as const;
        // Deleted hooks, which stay for the deliveries that name them: without events there are none.
        await trx.deleteFrom('bellwire_hooks').where('workspace_id', '=', id).execute();
        await trx.deleteFrom('bellwire_event_types').where('workspace_id', '=', id).execute();
        await trx.deleteFrom('bellwire_workspaces').where('id', '=', id).execute();
        return 'removed' as const;
      });
      caches.catalogs.clear(id);
      return removed;
    },
  };
};
