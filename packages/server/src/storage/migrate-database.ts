import { BellwireError } from '../core/errors.ts';
import { migrateToLatest, pendingMigrations } from './migrations/migrate.ts';
import { migratePostgres, openPostgres, pendingPostgres } from './postgres/database.ts';
import { connectionFailure, isPostgresUrl, printableUrl } from './postgres/database-url.ts';
import { checkSchema } from './sqlite/check-schema.ts';
import { openSqlite } from './sqlite/database.ts';
import { lockDatabaseFile } from './sqlite/file-lock.ts';
import { sqliteSchema } from './sqlite/schema-dialect.ts';

export interface MigrateOptions {
  /** `file:` and a path, or `postgres://…`. */
  readonly database_url: string;
  /** The schema of the tables in PostgreSQL; null for the first one in the search path. */
  readonly database_schema: string | null;
}

export interface Migrated {
  /** Without a password. */
  readonly database: string;
  /** The names of the migrations that were applied just now. */
  readonly applied: readonly string[];
}

const migrateFile = async (path: string): Promise<Migrated> => {
  const lock = lockDatabaseFile(path);
  try {
    const database = openSqlite(path);
    try {
      const applied = await pendingMigrations(database.db, sqliteSchema);
      await migrateToLatest(database.db, sqliteSchema);
      await checkSchema(database, path);
      return { database: path, applied };
    } finally {
      await database.close();
    }
  } finally {
    lock.release();
  }
};

const migrateServer = async (url: string, schema: string | null): Promise<Migrated> => {
  const database = openPostgres(url, { connections: 1, schema });
  const name = printableUrl(url);
  try {
    const applied = await pendingPostgres(database);
    await migratePostgres(database);
    return { database: name, applied };
  } catch (error) {
    if (error instanceof BellwireError) throw error;
    throw new BellwireError(
      'database_not_migrated',
      `The tables in ${name} could not be created or updated (${connectionFailure(error)}). Nothing was changed.`,
      { cause: error },
    );
  } finally {
    await database.close();
  }
};

/**
 * Creates or updates the tables of a database to this version, without a server.
 * @throws BellwireError `database_in_use`, `folder_unwritable`, `database_newer`, `database_incompatible`,
 * `database_not_migrated`.
 */
export const migrateDatabase = ({ database_url, database_schema }: MigrateOptions): Promise<Migrated> =>
  isPostgresUrl(database_url)
    ? migrateServer(database_url, database_schema)
    : migrateFile(database_url.replace(/^file:/, ''));
