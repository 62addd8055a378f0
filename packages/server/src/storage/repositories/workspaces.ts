import type { Kysely, Selectable, Transaction } from 'kysely';
import type { Repositories, Workspace } from '../../ports/repositories.ts';
import type { Connections, Schema } from '../schema.ts';
import type { RepositoryParts } from './parts.ts';
import { toEventTypeRow } from './event-types.ts';
import { inSavepoint, inTransaction } from './in-transaction.ts';
import { rowsToFetch, toPage } from './page.ts';

const toWorkspace = (row: Selectable<Schema['bellwire_workspaces']>): Workspace => ({
  id: row.id,
  name: row.name,
  dialect: row.dialect,
  strict: row.strict === 1,
  created_at: row.created_at,
  updated_at: row.updated_at,
});

const select = async (db: Kysely<Schema>, id: string): Promise<Workspace | null> => {
  const row = await db
    .selectFrom('bellwire_workspaces')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row === undefined ? null : toWorkspace(row);
};

type WorkspacesRepository = Repositories['workspaces'];
type WorkspaceChange = Parameters<WorkspacesRepository['update']>[1];

/** False if the name, the id or the idempotency key is taken. */
const insert = async (
  trx: Transaction<Schema>,
  [workspace, catalog, key]: Parameters<WorkspacesRepository['create']>,
): Promise<boolean> => {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('bellwire_workspaces')
    .values({ ...workspace, strict: workspace.strict ? 1 : 0, deleted_at: null, ...key })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) return false;
  for (const type of catalog) {
    await trx.insertInto('bellwire_event_types').values(toEventTypeRow(workspace.id, type)).execute();
  }
  return true;
};

const isNameTaken = async (db: Kysely<Schema>, id: string, name: string): Promise<boolean> => {
  const other = await db
    .selectFrom('bellwire_workspaces')
    .select('id')
    .where('name', '=', name)
    .where('id', '!=', id)
    .executeTakeFirst();
  return other !== undefined;
};

const update = async (
  db: Kysely<Schema>,
  id: string,
  { change: { name, strict }, now }: { readonly change: WorkspaceChange; readonly now: number },
): Promise<Workspace | null> => {
  const row = await db
    .updateTable('bellwire_workspaces')
    .set({
      updated_at: now,
      ...(name === undefined ? {} : { name }),
      ...(strict === undefined ? {} : { strict: strict ? 1 : 0 }),
    })
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? null : toWorkspace(row);
};

export const createWorkspaces = (
  { db, reader }: Connections,
  { invalidations }: RepositoryParts,
): WorkspacesRepository => {
  const publish = (workspace_id: string): void => invalidations.publish({ kind: 'catalog', workspace_id });
  return {
    create: async (...created_with) => {
      const created = await inTransaction(db, (trx) => insert(trx, created_with));
      publish(created_with[0].id);
      return created;
    },
    firstIds: async (limit) => {
      const rows = await reader
        .selectFrom('bellwire_workspaces')
        .select('id')
        .where('deleted_at', 'is', null)
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(({ id }) => id);
    },
    list: async (page) => {
      let query = reader
        .selectFrom('bellwire_workspaces')
        .selectAll()
        .where('deleted_at', 'is', null)
        .orderBy('id', 'desc')
        .limit(rowsToFetch(page));
      if (page.after !== null) query = query.where('id', '<', page.after);
      return toPage(await query.execute(), page, { to: toWorkspace, keyOf: ({ id }) => id });
    },
    ofKey: async (idempotency_key) => {
      const row = await db
        .selectFrom('bellwire_workspaces')
        .selectAll()
        .where('idempotency_key', '=', idempotency_key)
        .executeTakeFirst();
      return row === undefined ? null : { workspace: toWorkspace(row), fingerprint: row.fingerprint };
    },
    get: (id) => select(db, id),
    update: async (id, change, now) => {
      try {
        return await inSavepoint(db, () => update(db, id, { change, now }));
      } catch (error) {
        // Checked afterwards: a check before the update would miss a concurrent transaction that takes the name.
        if (change.name !== undefined && (await isNameTaken(db, id, change.name))) return 'taken';
        throw error;
      } finally {
        publish(id);
      }
    },
  };
};
