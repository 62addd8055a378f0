import { type Kysely, sql } from 'kysely';
import type { Schema } from '../schema.ts';

/** Escapes a text for `like`. The query names the escape character, because only PostgreSQL has a default one. */
const literally = (text: string): string => text.replaceAll(/[\\%_]/g, String.raw`\$&`);

/** The ids of hooks in any workspace whose URL has this path. */
export const findHooksAt = async (db: Kysely<Schema>, path: string): Promise<readonly string[]> => {
  const rows = await db
    .selectFrom('bellwire_hooks')
    .select(['id', 'url'])
    .where(sql<boolean>`url like ${`%${literally(path)}`} escape '\\'`)
    .where('deleted_at', 'is', null)
    .execute();
  // SQLite's `like` ignores case.
  return rows.filter(({ url }) => new URL(url).pathname === path).map(({ id }) => id);
};
