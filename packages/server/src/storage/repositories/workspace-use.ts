import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** Whether a workspace has events, API keys or hooks. */
export const isUsed = async (db: Kysely<Schema>, id: string): Promise<boolean> => {
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
