import type { Kysely } from 'kysely';
import type { SchemaDialect } from '../schema-dialect.ts';

/** The hooks of an event that have no deliveries yet, one row per slice, deleted when its deliveries are inserted. */
export const createFanOuts = async (db: Kysely<unknown>, is: SchemaDialect): Promise<void> => {
  await is
    .table(
      db.schema
        .createTable('bellwire_fan_outs')
        .addColumn('workspace_id', is.id, (c) => c.notNull())
        .addColumn('tenant', is.id, (c) => c.notNull().defaultTo(''))
        .addColumn('event_id', is.id, (c) => c.notNull())
        .addColumn('position', 'integer', (c) => c.notNull())
        .addColumn('hook_ids', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('bellwire_fan_outs_pk', ['workspace_id', 'event_id', 'position']),
    )
    .execute();
  await db.schema
    .createIndex('bellwire_fan_outs_tenant')
    .on('bellwire_fan_outs')
    .columns(['workspace_id', 'tenant', 'event_id', 'position'])
    .execute();
};
