import Database from 'better-sqlite3';

/**
 * The number of rows in every table of a database file, which a server may have open, without the table in which it
 * keeps its own state.
 */
export const countRows = (path: string): Readonly<Record<string, number>> => {
  const database = new Database(path, { readonly: true });
  try {
    const tables = database
      .prepare(
        "select name from sqlite_master where name like 'bellwire_%' and name <> 'bellwire_meta' and type = 'table'",
      )
      .pluck()
      .all() as string[];
    const count = (table: string) =>
      database.prepare(`select count(*) from ${table}`).pluck().get() as number;
    return Object.fromEntries(tables.map((table) => [table, count(table)]));
  } finally {
    database.close();
  }
};
