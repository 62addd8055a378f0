import { type Kysely, sql } from 'kysely';

/**
 * A table of its own, because a unique index of a partitioned table is one for each partition. An event that is deleted
 * alone frees its key; the keys of a day are deleted before its partitions are dropped.
 */
export const createIdempotencyKeys = async (db: Kysely<unknown>): Promise<void> => {
  const id = sql`text collate "C"`;
  await db.schema
    .createTable('bellwire_idempotency_keys')
    .addColumn('workspace_id', id, (c) => c.notNull())
    .addColumn('idempotency_key', id, (c) => c.notNull())
    .addColumn('tenant', id, (c) => c.notNull())
    .addColumn('event_id', id, (c) => c.notNull())
    .addPrimaryKeyConstraint('bellwire_idempotency_keys_pk', ['workspace_id', 'idempotency_key', 'tenant'])
    .execute();
  await db.schema
    .createIndex('bellwire_idempotency_keys_event')
    .on('bellwire_idempotency_keys')
    .columns(['event_id'])
    .execute();
  // To find the events with a key of any tenant.
  await db.schema
    .createIndex('bellwire_events_idempotency')
    .on('bellwire_events')
    .columns(['workspace_id', 'idempotency_key'])
    .where(sql.ref('idempotency_key'), 'is not', null)
    .execute();
  const { sql: keys } = sql`${sql.table('bellwire_idempotency_keys')}`.compile(db);
  await sql`create function ${sql.table('bellwire_free_key')}() returns trigger language plpgsql as ${sql.lit(`
    begin
      delete from ${keys} where event_id = old.id;
      return null;
    end`)}`.execute(db);
  await sql`create trigger bellwire_free_key after delete on ${sql.table('bellwire_events')}
    for each row when (old.idempotency_key is not null) execute function ${sql.table('bellwire_free_key')}()`.execute(
    db,
  );
};
