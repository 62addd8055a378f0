import { type Kysely, sql } from 'kysely';
import type { Repositories } from '../../ports/repositories.ts';
import type { Schema } from '../schema.ts';

type Find = Repositories['hooks']['twins'];

/** Another hook of the same workspace and tenant with the same URL, and one with the same name. */
export const findTwins = async (db: Kysely<Schema>, hook: Parameters<Find>[0]): ReturnType<Find> => {
  // Expressions must be written as in the indexes, or SQLite does not use them.
  const others = db
    .selectFrom('bellwire_hooks')
    .select('id')
    .where('workspace_id', '=', hook.workspace_id)
    .where(sql<string>`coalesce(tenant, '')`, '=', hook.tenant ?? '')
    .where('deleted_at', 'is', null)
    .where('id', '!=', hook.id)
    .limit(1);
  const by_url = await others
    .where(sql<string>`substr(url, 1, 256)`, '=', sql<string>`substr(cast(${hook.url} as text), 1, 256)`)
    .where('url', '=', hook.url)
    .executeTakeFirst();
  const by_name = await others.where('name', '=', hook.name).executeTakeFirst();
  return { same_url: by_url?.id ?? null, same_name: by_name?.id ?? null };
};
