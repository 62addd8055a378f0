import type { Database } from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
} from 'kysely';

/**
 * Kysely's SQLite driver with two fixes: its `begin` is deferred, so a transaction that reads first can fail with
 * SQLITE_BUSY_SNAPSHOT; and after SQLITE_FULL or SQLITE_IOERR, where SQLite itself has rolled back, its `rollback` throws
 * and hides the real error.
 */
class ImmediateDriver extends SqliteDriver {
  readonly #isOpen: () => boolean;

  constructor(config: SqliteDialectConfig, isOpen: () => boolean) {
    super(config);
    this.#isOpen = isOpen;
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#isOpen()) await connection.executeQuery(CompiledQuery.raw('rollback'));
  }
}

/** Kysely's SQL dialect for one better-sqlite3 connection, with immediate transactions and the original errors. */
export const sqliteDialect = (database: Database): Dialect =>
  Object.assign(new SqliteDialect({ database }), {
    createDriver: () => new ImmediateDriver({ database }, () => database.inTransaction),
  });
