import { sql } from 'kysely';
import type { SchemaDialect } from '../schema-dialect.ts';
import { createDayFunctions, indexFailedOrders, splitDeliveries } from './day-tables.ts';
import { createIdempotencyKeys } from './idempotency-keys-table.ts';
import { createNodes } from './nodes-table.ts';

/** Ids have the C collation: any other orders them by language, and keyset pagination would skip rows. */
export const postgresSchema: SchemaDialect = {
  id: sql`text collate "C"`,
  integer: 'bigint',
  real: 'double precision',
  generated: (column) => column.generatedByDefaultAsIdentity(),
  table: (table) => table,
  clusteredTable: (table) => table,
  byDay: (table, id) => table.modifyEnd(sql`partition by range (${sql.ref(id)})`),
  byStatus: (table) => table.modifyEnd(sql`partition by list (status)`),
  in_delivery_key: ['status'],
  open_deliveries: 'bellwire_deliveries_open',
  finished_deliveries: 'bellwire_deliveries_finished',
  splitDeliveries,
  createIdempotencyKeys,
  hasTable: async (db, name, schema) => {
    const { rows } = await sql`
      select 1 from pg_catalog.pg_tables
      where tablename = ${name} and schemaname = coalesce(${schema}, schemaname)`.execute(db);
    return rows.length > 0;
  },
  createOwn: async (db) => {
    await createNodes(db);
    await indexFailedOrders(db);
    await createDayFunctions(db);
  },
};
