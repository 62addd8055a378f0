import { sql } from 'kysely';
import type { SchemaDialect } from '../schema-dialect.ts';

/** STRICT tables: text compares as bytes, and integers have 64 bits. */
export const sqliteSchema: SchemaDialect = {
  id: 'text',
  integer: 'integer',
  real: 'real',
  generated: (column) => column.autoIncrement(),
  table: (table) => table.modifyEnd(sql`strict`),
  clusteredTable: (table) => table.modifyEnd(sql`strict, without rowid`),
  byDay: (table) => table,
  byStatus: (table) => table,
  in_delivery_key: [],
  open_deliveries: 'bellwire_deliveries',
  finished_deliveries: 'bellwire_deliveries',
  splitDeliveries: () => Promise.resolve(),
  createIdempotencyKeys: async (db) => {
    // Nulls are distinct in a unique index, so here the tenant of an event without one is ''.
    await db.schema
      .createIndex('bellwire_events_idempotency')
      .unique()
      .on('bellwire_events')
      // The tenant last, so that the list finds a key of any tenant.
      .expression(sql`workspace_id, idempotency_key, coalesce(tenant, '')`)
      .where(sql.ref('idempotency_key'), 'is not', null)
      .execute();
  },
  hasTable: async (db, name) => {
    const { rows } = await sql`select 1 from sqlite_schema where type = 'table' and name = ${name}`.execute(
      db,
    );
    return rows.length > 0;
  },
  createOwn: () => Promise.resolve(),
};
