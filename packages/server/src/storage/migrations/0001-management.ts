import { type Kysely, sql } from 'kysely';
import type { SchemaDialect } from '../schema-dialect.ts';

/** The jobs of `RecoveryRunner`. */
export const createRecoveries = async (db: Kysely<unknown>, is: SchemaDialect): Promise<void> => {
  await is
    .table(
      db.schema
        .createTable('bellwire_recoveries')
        .addColumn('workspace_id', is.id, (c) => c.notNull())
        .addColumn('id', is.id, (c) => c.notNull())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('status', 'text', (c) => c.notNull())
        .addColumn('hook_id', is.id)
        .addColumn('tenant', is.id)
        .addColumn('owner', is.id)
        .addColumn('filter', 'text', (c) => c.notNull())
        .addColumn('phase', 'text', (c) => c.notNull())
        .addColumn('after', is.id)
        .addColumn('tally', 'text', (c) => c.notNull())
        .addColumn('created_at', is.integer, (c) => c.notNull())
        .addColumn('updated_at', is.integer, (c) => c.notNull())
        .addColumn('completed_at', is.integer)
        .addPrimaryKeyConstraint('bellwire_recoveries_pk', ['workspace_id', 'id']),
    )
    .execute();
  await db.schema
    .createIndex('bellwire_recoveries_running')
    .on('bellwire_recoveries')
    .columns(['workspace_id', 'updated_at'])
    .where(sql.ref('status'), '=', sql.lit('running'))
    .execute();
};

/** The jobs of `ErasureJob`. They outlive what they erase, so they refer to no other table. */
export const createErasures = async (db: Kysely<unknown>, is: SchemaDialect): Promise<void> => {
  await is
    .table(
      db.schema
        .createTable('bellwire_erasures')
        .addColumn('id', is.id, (c) => c.primaryKey().notNull())
        .addColumn('workspace_id', is.id, (c) => c.notNull())
        .addColumn('tenant', is.id)
        .addColumn('phase', 'text', (c) => c.notNull())
        .addColumn('after', is.id)
        .addColumn('tally', 'text', (c) => c.notNull())
        .addColumn('created_at', is.integer, (c) => c.notNull())
        .addColumn('updated_at', is.integer, (c) => c.notNull())
        .addColumn('completed_at', is.integer),
    )
    .execute();
  await db.schema
    .createIndex('bellwire_erasures_running')
    .on('bellwire_erasures')
    .columns(['id'])
    .where(sql.ref('phase'), '!=', sql.lit('completed'))
    .execute();
};

/** The audit log. */
export const createAudit = async (db: Kysely<unknown>, is: SchemaDialect): Promise<void> => {
  await is
    .table(
      db.schema
        .createTable('bellwire_audit')
        .addColumn('workspace_id', is.id, (c) => c.notNull())
        .addColumn('id', is.id, (c) => c.notNull())
        .addColumn('at', is.integer, (c) => c.notNull())
        .addColumn('by', 'text', (c) => c.notNull())
        .addColumn('action', 'text', (c) => c.notNull())
        .addColumn('subject', is.id, (c) => c.notNull())
        .addColumn('tenant', is.id)
        .addColumn('changes', 'text')
        .addPrimaryKeyConstraint('bellwire_audit_pk', ['workspace_id', 'id']),
    )
    .execute();
  await db.schema
    .createIndex('bellwire_audit_subjects')
    .on('bellwire_audit')
    .columns(['workspace_id', 'subject', 'id'])
    .execute();
  await db.schema.createIndex('bellwire_audit_times').on('bellwire_audit').columns(['at']).execute();
  // Only entries that an erasure would change.
  await db.schema
    .createIndex('bellwire_audit_tenants')
    .on('bellwire_audit')
    .columns(['workspace_id', 'tenant'])
    .where(sql.ref('changes'), 'is not', null)
    .execute();
};
