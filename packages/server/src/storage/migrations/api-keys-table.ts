import type { Kysely } from 'kysely';
import type { SchemaDialect } from '../schema-dialect.ts';

/** API keys, by their id; of the keys themselves, only the hash. */
export const createApiKeys = async (db: Kysely<unknown>, is: SchemaDialect): Promise<void> => {
  await is
    .table(
      db.schema
        .createTable('bellwire_api_keys')
        .addColumn('id', is.id, (c) => c.primaryKey().notNull())
        .addColumn('workspace_id', is.id, (c) => c.references('bellwire_workspaces.id'))
        .addColumn('name', 'text', (c) => c.notNull())
        .addColumn('scope', 'text', (c) => c.notNull())
        .addColumn('hash', 'text', (c) => c.notNull().unique())
        .addColumn('hint', 'text', (c) => c.notNull())
        .addColumn('events_per_second', 'integer')
        .addColumn('created_at', is.integer, (c) => c.notNull())
        .addColumn('expires_at', is.integer)
        .addColumn('last_used_at', is.integer),
    )
    .execute();
};
