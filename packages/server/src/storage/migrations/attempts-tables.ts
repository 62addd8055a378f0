import type { Kysely } from 'kysely';
import type { SchemaDialect } from '../schema-dialect.ts';

/** Attempts, and the large bodies that they have sent. */
export const createAttempts = async (db: Kysely<unknown>, is: SchemaDialect): Promise<void> => {
  const attempts = is.table(
    db.schema
      .createTable('bellwire_attempts')
      .addColumn('id', is.id, (c) => c.notNull())
      .addColumn('workspace_id', is.id, (c) => c.notNull())
      .addColumn('delivery_id', is.id, (c) => c.notNull())
      .addColumn('hook_id', is.id, (c) => c.notNull())
      .addColumn('number', is.integer, (c) => c.notNull())
      .addColumn('trigger', 'text', (c) => c.notNull())
      .addColumn('outcome', 'text', (c) => c.notNull())
      .addColumn('outcome_detail', 'text')
      .addColumn('started_at', is.integer, (c) => c.notNull())
      .addColumn('duration_ms', is.real, (c) => c.notNull())
      .addColumn('timings', 'text')
      .addColumn('remote_address', 'text')
      .addColumn('request_method', 'text')
      .addColumn('request_url', 'text')
      .addColumn('request_headers', 'text')
      .addColumn('request_body', 'text')
      .addColumn('request_body_hash', 'text')
      .addColumn('response_status', 'integer')
      .addColumn('response_headers', 'text')
      .addColumn('response_body', 'text')
      .addColumn('response_truncated', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('bellwire_attempts_pk', ['delivery_id', 'number']),
  );
  await is.byDay(attempts, 'delivery_id').execute();
  const bodies = is.table(
    db.schema
      .createTable('bellwire_request_bodies')
      .addColumn('event_id', is.id, (c) => c.notNull())
      .addColumn('hash', is.id, (c) => c.notNull())
      .addColumn('body', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('bellwire_request_bodies_pk', ['event_id', 'hash']),
  );
  await is.byDay(bodies, 'event_id').execute();
};
