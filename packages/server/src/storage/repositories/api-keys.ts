import type { Selectable } from 'kysely';
import type { ApiKey, Repositories } from '../../ports/repositories.ts';
import type { Connections, Schema } from '../schema.ts';
import type { RepositoryParts } from './parts.ts';
import { rowsToFetch, toPage } from './page.ts';

const toApiKey = (row: Selectable<Schema['bellwire_api_keys']>): ApiKey => {
  const { hash: _, ...key } = row;
  return key;
};

export const createApiKeys = (
  { db, reader }: Connections,
  { caches, invalidations }: RepositoryParts,
): Repositories['api_keys'] => ({
  create: async (key, hash) => {
    await db
      .insertInto('bellwire_api_keys')
      .values({ ...key, hash })
      .execute();
    invalidations.publish({ kind: 'api_key', id: key.id });
  },
  list: async (workspace_id, page) => {
    let query = reader
      .selectFrom('bellwire_api_keys')
      .selectAll()
      .orderBy('id', 'desc')
      .limit(rowsToFetch(page));
    if (workspace_id !== null) query = query.where('workspace_id', '=', workspace_id);
    if (page.after !== null) query = query.where('id', '<', page.after);
    return toPage(await query.execute(), page, { to: toApiKey, keyOf: ({ id }) => id });
  },
  remove: async (workspace_id, id) => {
    let query = db.deleteFrom('bellwire_api_keys').where('id', '=', id);
    if (workspace_id !== null) query = query.where('workspace_id', '=', workspace_id);
    const removed = await query.returningAll().executeTakeFirst();
    if (removed === undefined) return null;
    await db.deleteFrom('bellwire_sessions').where('key_id', '=', id).execute();
    invalidations.publish({ kind: 'api_key', id });
    return toApiKey(removed);
  },
  exists: async (id) =>
    (await db.selectFrom('bellwire_api_keys').select('id').where('id', '=', id).executeTakeFirst()) !==
    undefined,
  find: (id) => caches.keys.get(id),
  markUsed: async (ids, at) => {
    await db.updateTable('bellwire_api_keys').set({ last_used_at: at }).where('id', 'in', ids).execute();
  },
  any: async () => (await db.selectFrom('bellwire_api_keys').select('id').executeTakeFirst()) !== undefined,
});
