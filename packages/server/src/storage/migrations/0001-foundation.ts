import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { SchemaDialect } from '../schema-dialect.ts';
import { createAudit, createErasures, createRecoveries } from './0001-management.ts';
import { createAttempts } from './attempts-tables.ts';
import { createEventMetadata } from './event-metadata-table.ts';
import { createFanOuts } from './fan-outs-table.ts';
import { createHookLookups } from './hook-lookups.ts';
import { addClaimIndexes } from './claim-indexes.ts';
import { addOrder } from './order-columns.ts';
import { createApiKeys } from './api-keys-table.ts';
import { createSessions } from './sessions-table.ts';
import { createStats } from './stats-table.ts';
import { createThrottles } from './throttles-table.ts';

const createMeta = async (db: Kysely<unknown>, is: SchemaDialect): Promise<void> => {
  await is
    .table(
      db.schema
        .createTable('bellwire_meta')
        .addColumn('key', is.id, (c) => c.primaryKey().notNull())
        .addColumn('value', 'text', (c) => c.notNull()),
    )
    .execute();
};

const createRegistry = async (db: Kysely<unknown>, is: SchemaDialect): Promise<void> => {
  await is
    .table(
      db.schema
        .createTable('bellwire_workspaces')
        .addColumn('id', is.id, (c) => c.primaryKey().notNull())
        .addColumn('name', 'text', (c) => c.notNull().unique())
        .addColumn('dialect', 'text', (c) => c.notNull())
        .addColumn('strict', 'integer', (c) => c.notNull())
        .addColumn('idempotency_key', is.id, (c) => c.unique())
        .addColumn('fingerprint', 'text')
        .addColumn('created_at', is.integer, (c) => c.notNull())
        .addColumn('updated_at', is.integer, (c) => c.notNull())
        .addColumn('deleted_at', is.integer),
    )
    .execute();
  await is
    .clusteredTable(
      db.schema
        .createTable('bellwire_tenants')
        .addColumn('workspace_id', is.id, (c) => c.notNull().references('bellwire_workspaces.id'))
        .addColumn('tenant', is.id, (c) => c.notNull())
        .addColumn('metadata', 'text', (c) => c.notNull().defaultTo('{}'))
        .addColumn('limits', 'text', (c) => c.notNull().defaultTo('{}'))
        .addColumn('created_at', is.integer, (c) => c.notNull())
        .addPrimaryKeyConstraint('bellwire_tenants_pk', ['workspace_id', 'tenant']),
    )
    .execute();
  await createApiKeys(db, is);
};

const createEventTypes = async (db: Kysely<unknown>, is: SchemaDialect): Promise<void> => {
  await is
    .clusteredTable(
      db.schema
        .createTable('bellwire_event_types')
        .addColumn('workspace_id', is.id, (c) => c.notNull().references('bellwire_workspaces.id'))
        .addColumn('name', is.id, (c) => c.notNull())
        .addColumn('description', 'text', (c) => c.notNull())
        .addColumn('schema', 'text')
        .addColumn('example', 'text')
        .addColumn('previous_example', 'text')
        .addColumn('created_at', is.integer, (c) => c.notNull())
        .addColumn('updated_at', is.integer, (c) => c.notNull())
        .addPrimaryKeyConstraint('bellwire_event_types_pk', ['workspace_id', 'name']),
    )
    .execute();
};

const createHooks = async (db: Kysely<unknown>, is: SchemaDialect): Promise<void> => {
  await is
    .table(
      db.schema
        .createTable('bellwire_hooks')
        .addColumn('number', 'integer', (c) => is.generated(c.primaryKey().notNull()))
        .addColumn('id', is.id, (c) => c.notNull().unique())
        .addColumn('workspace_id', is.id, (c) => c.notNull().references('bellwire_workspaces.id'))
        .addColumn('tenant', is.id)
        .addColumn('name', 'text', (c) => c.notNull())
        .addColumn('description', 'text', (c) => c.notNull().defaultTo(''))
        .addColumn('metadata', 'text', (c) => c.notNull().defaultTo('{}'))
        .addColumn('url', 'text', (c) => c.notNull())
        .addColumn('events', 'text', (c) => c.notNull())
        .addColumn('filter', 'text')
        .addColumn('is_operational', 'integer', (c) => c.notNull().defaultTo(0))
        .addColumn('method', 'text', (c) => c.notNull())
        .addColumn('content_type', 'text', (c) => c.notNull())
        .addColumn('dialect', 'text', (c) => c.notNull())
        .addColumn('status', 'text', (c) => c.notNull())
        .addColumn('disabled_reason', 'text')
        .addColumn('stopping', 'text')
        .addColumn('insecure_ssl', 'integer', (c) => c.notNull())
        .addColumn('max_attempts', 'integer')
        .addColumn('retry_schedule', 'text')
        .addColumn('timeout_ms', 'integer')
        .addColumn('rate_limit', 'text')
        .addColumn('headers', 'text')
        .addColumn('client_certificate', 'text')
        .addColumn('validated_at', is.integer)
        .addColumn('idempotency_key', is.id)
        .addColumn('fingerprint', 'text')
        .addColumn('consecutive_failures', is.integer, (c) => c.notNull().defaultTo(0))
        .addColumn('failing_since', is.integer)
        .addColumn('last_failure_at', is.integer)
        .addColumn('last_outcome', 'text')
        .addColumn('last_detail', 'text')
        .addColumn('last_status', 'integer')
        .addColumn('created_at', is.integer, (c) => c.notNull())
        .addColumn('updated_at', is.integer, (c) => c.notNull())
        .addColumn('deleted_at', is.integer),
    )
    .execute();
  const index = (name: string) => db.schema.createIndex(name).on('bellwire_hooks');
  await index('bellwire_hooks_workspace').columns(['workspace_id', 'id']).execute();
  // To count them for their limit.
  await index('bellwire_hooks_existing')
    .columns(['workspace_id', 'tenant'])
    .where(sql.ref('deleted_at'), 'is', null)
    .execute();
  await index('bellwire_hooks_tenant').columns(['workspace_id', 'tenant', 'id']).execute();
  await createHookLookups(db);
};

const createSecrets = async (db: Kysely<unknown>, is: SchemaDialect): Promise<void> => {
  await is
    .table(
      db.schema
        .createTable('bellwire_secrets')
        .addColumn('id', is.id, (c) => c.primaryKey().notNull())
        .addColumn('hook_id', is.id, (c) => c.notNull().references('bellwire_hooks.id'))
        .addColumn('secret', 'text', (c) => c.notNull())
        .addColumn('created_at', is.integer, (c) => c.notNull())
        .addColumn('expires_at', is.integer),
    )
    .execute();
  const index = (name: string) => db.schema.createIndex(name).on('bellwire_secrets');
  await index('bellwire_secrets_hook').columns(['hook_id', 'id']).execute();
  await index('bellwire_secrets_expiry')
    .columns(['expires_at'])
    .where(sql.ref('expires_at'), 'is not', null)
    .execute();
};

const createEvents = async (db: Kysely<unknown>, is: SchemaDialect): Promise<void> => {
  const table = is.table(
    db.schema
      .createTable('bellwire_events')
      .addColumn('workspace_id', is.id, (c) => c.notNull())
      .addColumn('id', is.id, (c) => c.notNull())
      .addColumn('tenant', is.id)
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('idempotency_key', is.id)
      .addColumn('fingerprint', 'text')
      .addColumn('deliveries', is.integer, (c) => c.notNull())
      .addColumn('filtered', is.integer, (c) => c.notNull().defaultTo(0))
      .addColumn('addressed', 'integer', (c) => c.notNull())
      .addColumn('occurred_at', is.integer, (c) => c.notNull())
      .addColumn('created_at', is.integer, (c) => c.notNull())
      .addColumn('payload_expired_at', is.integer)
      .addColumn('deliver_at', is.integer)
      .addColumn('metadata', 'text')
      .addColumn('previous_data', 'text')
      .addColumn('data', 'text')
      .addPrimaryKeyConstraint('bellwire_events_pk', ['workspace_id', 'id']),
  );
  await is.byDay(table, 'id').execute();
  await is.createIdempotencyKeys(db);
  await is
    .clusteredTable(
      db.schema
        .createTable('bellwire_wire_ids')
        .addColumn('workspace_id', is.id, (c) => c.notNull())
        .addColumn('wire_id', is.id, (c) => c.notNull())
        .addColumn('event_id', is.id, (c) => c.notNull())
        .addPrimaryKeyConstraint('bellwire_wire_ids_pk', ['workspace_id', 'wire_id']),
    )
    .execute();
  await db.schema
    .createIndex('bellwire_wire_ids_event')
    .on('bellwire_wire_ids')
    .columns(['event_id'])
    .execute();
};

const createDeliveries = async (db: Kysely<unknown>, is: SchemaDialect): Promise<void> => {
  const table = is.clusteredTable(
    db.schema
      .createTable('bellwire_deliveries')
      .addColumn('workspace_id', is.id, (c) => c.notNull())
      .addColumn('id', is.id, (c) => c.notNull())
      .addColumn('tenant', is.id)
      .addColumn('event_id', is.id, (c) => c.notNull())
      .addColumn('event_type', 'text', (c) => c.notNull())
      .addColumn('hook_id', is.id, (c) => c.notNull())
      .addColumn('trigger', 'text', (c) => c.notNull())
      .addColumn('status', 'text', (c) => c.notNull())
      .addColumn('attempts', is.integer, (c) => c.notNull())
      .addColumn('failures', is.integer, (c) => c.notNull())
      .addColumn('returns', is.integer, (c) => c.notNull())
      .addColumn('has_succeeded', 'integer', (c) => c.notNull())
      .addColumn('suspicion', 'integer', (c) => c.notNull())
      .addColumn('next_attempt_at', is.integer)
      .addColumn('lease_token', is.integer, (c) => c.notNull())
      .addColumn('lease_until', is.integer)
      .addColumn('leased_by', is.id)
      .addColumn('resume_status', 'text')
      .addColumn('resume_at', is.integer)
      .addColumn('failure_reason', 'text')
      .addColumn('last_outcome', 'text')
      .addColumn('last_detail', 'text')
      .addColumn('last_status', 'integer')
      .addColumn('last_duration_ms', is.real)
      .addColumn('created_at', is.integer, (c) => c.notNull())
      .addColumn('updated_at', is.integer, (c) => c.notNull())
      .addPrimaryKeyConstraint('bellwire_deliveries_pk', ['workspace_id', 'id', ...is.in_delivery_key]),
  );
  await is.byStatus(table).execute();
  await is.splitDeliveries(db);
  await indexDeliveries(db, is);
};

const indexDeliveries = async (db: Kysely<unknown>, is: SchemaDialect): Promise<void> => {
  const index = (name: string) => db.schema.createIndex(name).on(is.open_deliveries);
  const indexAll = (name: string) => db.schema.createIndex(name).on('bellwire_deliveries');
  const indexFinished = (name: string) => db.schema.createIndex(name).on(is.finished_deliveries);
  await indexAll('bellwire_deliveries_event').columns(['event_id']).execute();
  // No index on (hook_id, id): it would touch a page per hook, which costs as much as the rest of the commit. Lists of a
  // hook read a bounded window instead. The partial indexes hold only rows in that state, so most finished deliveries
  // cost nothing here.
  await index('bellwire_deliveries_due')
    .columns(['hook_id', 'next_attempt_at'])
    .where(sql.ref('status'), '=', sql.lit('pending'))
    .execute();
  // For hooks that serve every tenant: skips from tenant to tenant, past the backlog of one.
  await index('bellwire_deliveries_due_tenants')
    .columns(['hook_id', 'tenant', 'next_attempt_at'])
    .where(sql<boolean>`status = 'pending' and tenant is not null`)
    .execute();
  await index('bellwire_deliveries_leased')
    .columns(['lease_until'])
    .where(sql.ref('status'), '=', sql.lit('sending'))
    .execute();
  await indexFinished('bellwire_deliveries_failed')
    .columns(['workspace_id', 'id'])
    .where(sql.ref('status'), '=', sql.lit('failed'))
    .execute();
  await index('bellwire_deliveries_held')
    .columns(['hook_id', 'id'])
    .where(sql.ref('status'), '=', sql.lit('held'))
    .execute();
};

/** The tables of the first release. */
export const foundation = (is: SchemaDialect): Migration => ({
  up: async (db) => {
    await createMeta(db, is);
    await createRegistry(db, is);
    await createEventTypes(db, is);
    await createHooks(db, is);
    await createThrottles(db, is);
    await createSecrets(db, is);
    await createEvents(db, is);
    await createEventMetadata(db, is);
    await createFanOuts(db, is);
    await createDeliveries(db, is);
    await addOrder(db, is);
    await addClaimIndexes(db, is);
    await createAttempts(db, is);
    await createStats(db, is);
    await createSessions(db, is);
    await createRecoveries(db, is);
    await createErasures(db, is);
    await createAudit(db, is);
    await is.createOwn(db);
  },
});
