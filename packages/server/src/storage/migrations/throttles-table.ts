import { type Kysely, sql } from 'kysely';
import type { SchemaDialect } from '../schema-dialect.ts';

/** The breakers and rate limits of hooks, by hook. */
export const createThrottles = async (db: Kysely<unknown>, is: SchemaDialect): Promise<void> => {
  await is
    .clusteredTable(
      db.schema
        .createTable('bellwire_throttles')
        .addColumn('hook_id', is.id, (c) =>
          c.primaryKey().notNull().references('bellwire_hooks.id').onDelete('cascade'),
        )
        .addColumn('workspace_id', is.id, (c) => c.notNull())
        .addColumn('state', 'text', (c) => c.notNull())
        .addColumn('streak', is.integer, (c) => c.notNull())
        .addColumn('window_at', is.integer)
        .addColumn('window_attempts', is.integer, (c) => c.notNull())
        .addColumn('window_failures', is.integer, (c) => c.notNull())
        .addColumn('interval_ms', is.integer, (c) => c.notNull())
        .addColumn('probe_at', is.integer)
        .addColumn('probe_id', is.id)
        .addColumn('width', 'integer')
        .addColumn('rate_used_until', is.real),
    )
    .execute();
  await db.schema
    .createIndex('bellwire_throttles_open')
    .on('bellwire_throttles')
    .columns(['workspace_id', 'hook_id'])
    .where(sql.ref('state'), '!=', sql.lit('closed'))
    .execute();
};
