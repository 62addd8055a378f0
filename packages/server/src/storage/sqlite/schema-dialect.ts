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
  hasTable: async (db, name) => {
    const { rows } = await sql`select 1 from sqlite_schema where type = 'table' and name = ${name}`.execute(
      db,
    );
    return rows.length > 0;
  },
  createOwn: () => Promise.resolve(),
};
