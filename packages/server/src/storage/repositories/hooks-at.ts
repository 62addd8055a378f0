import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** The ids of the hooks of any workspace whose URL ends in a path. */
export const findHooksAt = async (db: Kysely<Schema>, path: string): Promise<readonly string[]> => {
  const rows = await db
    .selectFrom('bellwire_hooks')
    .select(['id', 'url'])
    .where('url', 'like', `%${path}`)
    .where('deleted_at', 'is', null)
    .execute();
  return rows.filter(({ url }) => new URL(url).pathname === path).map(({ id }) => id);
};
