import { sql } from 'kysely';
import type { SchemaDialect } from '../schema-dialect.ts';
import { createNodes } from './nodes-table.ts';

/** Ids have the C collation: any other orders them by language, and keyset pagination would skip rows. */
export const postgresSchema: SchemaDialect = {
  id: sql`text collate "C"`,
  integer: 'bigint',
  real: 'double precision',
  generated: (column) => column.generatedByDefaultAsIdentity(),
  table: (table) => table,
  clusteredTable: (table) => table,
  hasTable: async (db, name, schema) => {
    const { rows } = await sql`
      select 1 from pg_catalog.pg_tables
      where tablename = ${name} and schemaname = coalesce(${schema}, schemaname)`.execute(db);
    return rows.length > 0;
  },
  createOwn: createNodes,
};
