import { hash as digest } from 'node:crypto';
import { BellwireError } from '../../core/errors.ts';
import { migrateToLatest } from '../migrations/migrate.ts';
import { openSqlite, type SqliteDatabase } from './database.ts';
import { sqliteSchema } from './schema-dialect.ts';

/**
 * The SHA-256 of the definitions that this version creates. Comparing it saves most starts the creation of these tables in
 * memory, which takes longer than the rest of opening a database.
 */
export const KNOWN_DEFINITIONS = '2719aa4fd9560a47b985cb8e0f12c5ec3a319c1a71b627d2d9b335ee7883a947';

const definitionsOf = ({ raw }: SqliteDatabase): string =>
  raw
    .prepare<[], { sql: string }>(
      `select sql from sqlite_master where tbl_name like 'bellwire\\_%' escape '\\' and sql is not null order by sql`,
    )
    .all()
    .map(({ sql }) => sql)
    .join('\n');

/** The tables that this version creates in an empty database. */
export const expectedDefinitions = async (): Promise<string> => {
  const empty = openSqlite(':memory:');
  try {
    await migrateToLatest(empty.db, sqliteSchema);
    return definitionsOf(empty);
  } finally {
    await empty.close();
  }
};

/** Whether the tables are exactly those of this version. */
export const hasExpectedTables = async (database: SqliteDatabase): Promise<boolean> => {
  const definitions = definitionsOf(database);
  return digest('sha256', definitions) === KNOWN_DEFINITIONS || definitions === (await expectedDefinitions());
};

/**
 * Checks that the tables are exactly those of this version. Until the first release, versions change the first migration
 * instead of adding one, so a file of another version has the same migrations but other tables.
 * @throws BellwireError `database_incompatible`
 */
export const checkSchema = async (database: SqliteDatabase, path: string): Promise<void> => {
  if (await hasExpectedTables(database)) return;
  throw new BellwireError(
    'database_incompatible',
    `The database ${path} was created by another version of Bellwire with different tables, and pre-release versions cannot migrate it. To start with a new database, move ${path} (with its -wal and -shm files) away, or set BELLWIRE_DATABASE_URL=file:/path/to/new.db. Nothing was written.`,
  );
};
