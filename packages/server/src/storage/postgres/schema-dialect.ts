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
  createOwn: createNodes,
};
