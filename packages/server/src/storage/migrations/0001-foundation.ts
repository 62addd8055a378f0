import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const strict = <T extends string, C extends string>(table: CreateTableBuilder<T, C>) =>
  table.modifyEnd(sql`strict`);

// The primary key leads with the workspace, so that one tenant's list is one range of one tree.
const strictWithoutRowid = <T extends string, C extends string>(table: CreateTableBuilder<T, C>) =>
  table.modifyEnd(sql`strict, without rowid`);

const createRegistry = async (db: Kysely<unknown>): Promise<void> => {
  await strict(
    db.schema
      .createTable('bellwire_meta')
      .addColumn('key', 'text', (c) => c.primaryKey().notNull())
      .addColumn('value', 'text', (c) => c.notNull()),
  ).execute();
  await strict(
    db.schema
      .createTable('bellwire_workspaces')
      .addColumn('id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('name', 'text', (c) => c.notNull().unique())
      .addColumn('dialect', 'text', (c) => c.notNull())
      .addColumn('strict', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('updated_at', 'integer', (c) => c.notNull()),
  ).execute();
  await strict(
    db.schema
      .createTable('bellwire_api_keys')
      .addColumn('id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('workspace_id', 'text', (c) => c.references('bellwire_workspaces.id'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('scope', 'text', (c) => c.notNull())
      .addColumn('hash', 'text', (c) => c.notNull().unique())
      .addColumn('hint', 'text', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull()),
  ).execute();
  await strictWithoutRowid(
    db.schema
      .createTable('bellwire_event_types')
      .addColumn('workspace_id', 'text', (c) => c.notNull().references('bellwire_workspaces.id'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('description', 'text', (c) => c.notNull())
      .addColumn('schema', 'text')
      .addColumn('example', 'text')
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('updated_at', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('bellwire_event_types_pk', ['workspace_id', 'name']),
  ).execute();
};

const createHooks = async (db: Kysely<unknown>): Promise<void> => {
  await strict(
    db.schema
      .createTable('bellwire_hooks')
      .addColumn('number', 'integer', (c) => c.primaryKey().notNull().autoIncrement())
      .addColumn('id', 'text', (c) => c.notNull().unique())
      .addColumn('workspace_id', 'text', (c) => c.notNull().references('bellwire_workspaces.id'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('url', 'text', (c) => c.notNull())
      .addColumn('events', 'text', (c) => c.notNull())
      .addColumn('method', 'text', (c) => c.notNull())
      .addColumn('content_type', 'text', (c) => c.notNull())
      .addColumn('dialect', 'text', (c) => c.notNull())
      .addColumn('status', 'text', (c) => c.notNull())
      .addColumn('disabled_reason', 'text')
      .addColumn('insecure_ssl', 'integer', (c) => c.notNull())
      .addColumn('max_attempts', 'integer')
      .addColumn('timeout_ms', 'integer')
      .addColumn('headers', 'text')
      .addColumn('validated_at', 'integer')
      .addColumn('consecutive_failures', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('failing_since', 'integer')
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('updated_at', 'integer', (c) => c.notNull())
      .addColumn('deleted_at', 'integer'),
  ).execute();
  await db.schema
    .createIndex('bellwire_hooks_workspace')
    .on('bellwire_hooks')
    .columns(['workspace_id', 'id'])
    .execute();
  await strict(
    db.schema
      .createTable('bellwire_secrets')
      .addColumn('id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('hook_id', 'text', (c) => c.notNull().references('bellwire_hooks.id'))
      .addColumn('secret', 'text', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('expires_at', 'integer'),
  ).execute();
  await db.schema
    .createIndex('bellwire_secrets_hook')
    .on('bellwire_secrets')
    .columns(['hook_id', 'id'])
    .execute();
};

const createEvents = async (db: Kysely<unknown>): Promise<void> => {
  await strict(
    db.schema
      .createTable('bellwire_events')
      .addColumn('workspace_id', 'text', (c) => c.notNull())
      .addColumn('id', 'text', (c) => c.notNull())
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('idempotency_key', 'text')
      .addColumn('fingerprint', 'text')
      .addColumn('deliveries', 'integer', (c) => c.notNull())
      .addColumn('addressed', 'integer', (c) => c.notNull())
      .addColumn('occurred_at', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('previous_data', 'text')
      .addColumn('data', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('bellwire_events_pk', ['workspace_id', 'id']),
  ).execute();
  await db.schema
    .createIndex('bellwire_events_idempotency')
    .unique()
    .on('bellwire_events')
    .columns(['workspace_id', 'idempotency_key'])
    .where(sql.ref('idempotency_key'), 'is not', null)
    .execute();
};

const createDeliveries = async (db: Kysely<unknown>): Promise<void> => {
  await strictWithoutRowid(
    db.schema
      .createTable('bellwire_deliveries')
      .addColumn('workspace_id', 'text', (c) => c.notNull())
      .addColumn('id', 'text', (c) => c.notNull())
      .addColumn('event_id', 'text', (c) => c.notNull())
      .addColumn('event_type', 'text', (c) => c.notNull())
      .addColumn('hook_id', 'text', (c) => c.notNull())
      .addColumn('trigger', 'text', (c) => c.notNull())
      .addColumn('status', 'text', (c) => c.notNull())
      .addColumn('attempts', 'integer', (c) => c.notNull())
      .addColumn('failures', 'integer', (c) => c.notNull())
      .addColumn('next_attempt_at', 'integer')
      .addColumn('lease_token', 'integer', (c) => c.notNull())
      .addColumn('lease_until', 'integer')
      .addColumn('resume_status', 'text')
      .addColumn('resume_at', 'integer')
      .addColumn('failure_reason', 'text')
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('updated_at', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('bellwire_deliveries_pk', ['workspace_id', 'id']),
  ).execute();
  const index = (name: string) => db.schema.createIndex(name).on('bellwire_deliveries');
  await index('bellwire_deliveries_event').columns(['event_id']).execute();
  // None on (hook_id, id): it would touch a page for every hook that a commit reaches, which costs as much as all
  // the rest of the commit. Lists of a hook read a bounded window instead.
  // Partial: each holds only the rows that are in that state now, so a finished delivery costs nothing here.
  await index('bellwire_deliveries_due')
    .columns(['hook_id', 'next_attempt_at'])
    .where(sql.ref('status'), '=', sql.lit('pending'))
    .execute();
  await index('bellwire_deliveries_leased')
    .columns(['lease_until'])
    .where(sql.ref('status'), '=', sql.lit('sending'))
    .execute();
  await index('bellwire_deliveries_failed')
    .columns(['workspace_id', 'id'])
    .where(sql.ref('status'), '=', sql.lit('failed'))
    .execute();
  await index('bellwire_deliveries_held')
    .columns(['hook_id', 'id'])
    .where(sql.ref('status'), '=', sql.lit('held'))
    .execute();
};

const createAttempts = async (db: Kysely<unknown>): Promise<void> => {
  await strict(
    db.schema
      .createTable('bellwire_attempts')
      .addColumn('id', 'text', (c) => c.notNull())
      .addColumn('workspace_id', 'text', (c) => c.notNull())
      .addColumn('delivery_id', 'text', (c) => c.notNull())
      .addColumn('hook_id', 'text', (c) => c.notNull())
      .addColumn('number', 'integer', (c) => c.notNull())
      .addColumn('trigger', 'text', (c) => c.notNull())
      .addColumn('outcome', 'text', (c) => c.notNull())
      .addColumn('outcome_detail', 'text')
      .addColumn('started_at', 'integer', (c) => c.notNull())
      .addColumn('duration_ms', 'real', (c) => c.notNull())
      .addColumn('timings', 'text')
      .addColumn('request_method', 'text')
      .addColumn('request_url', 'text')
      .addColumn('request_headers', 'text')
      .addColumn('request_body', 'text')
      .addColumn('response_status', 'integer')
      .addColumn('response_headers', 'text')
      .addColumn('response_body', 'text')
      .addColumn('response_truncated', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('bellwire_attempts_pk', ['delivery_id', 'number']),
  ).execute();
};

const createAudit = async (db: Kysely<unknown>): Promise<void> => {
  await strictWithoutRowid(
    db.schema
      .createTable('bellwire_audit')
      .addColumn('workspace_id', 'text', (c) => c.notNull())
      .addColumn('id', 'text', (c) => c.notNull())
      .addColumn('at', 'integer', (c) => c.notNull())
      .addColumn('by', 'text', (c) => c.notNull())
      .addColumn('action', 'text', (c) => c.notNull())
      .addColumn('subject', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('bellwire_audit_pk', ['workspace_id', 'id']),
  ).execute();
};

/** Every table of the first release. */
export const foundation: Migration = {
  up: async (db) => {
    await createRegistry(db);
    await createHooks(db);
    await createEvents(db);
    await createDeliveries(db);
    await createAttempts(db);
    await createAudit(db);
  },
};
