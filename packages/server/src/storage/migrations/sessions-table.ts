import type { Kysely } from 'kysely';
import type { SchemaDialect } from '../schema-dialect.ts';

/** Sessions of the console and of portals, and one-time links, by the hash of their token. */
export const createSessions = async (db: Kysely<unknown>, is: SchemaDialect): Promise<void> => {
  await is
    .clusteredTable(
      db.schema
        .createTable('bellwire_sessions')
        .addColumn('token_hash', is.id, (c) => c.primaryKey().notNull())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('key_id', is.id)
        .addColumn('workspace_id', is.id)
        .addColumn('tenant', is.id)
        .addColumn('lasts_ms', is.integer)
        .addColumn('settings', 'text')
        .addColumn('created_at', is.integer, (c) => c.notNull())
        .addColumn('expires_at', is.integer, (c) => c.notNull()),
    )
    .execute();
  await db.schema
    .createIndex('bellwire_sessions_expiry')
    .on('bellwire_sessions')
    .columns(['expires_at'])
    .execute();
  await db.schema
    .createIndex('bellwire_sessions_tenant')
    .on('bellwire_sessions')
    .columns(['workspace_id', 'tenant'])
    .execute();
};
