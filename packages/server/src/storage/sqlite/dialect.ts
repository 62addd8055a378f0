import type { Database, Statement } from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
} from 'kysely';
import { Mutex } from './mutex.ts';

/** The write-ahead log, as the driver sees it. */
export interface WriteLog {
  /** Called after COMMIT, before the next transaction. */
  readonly committed: () => void;
  /** Resolves when everything that was committed so far is on the disk. Rejects if it never will be. */
  readonly durable: () => Promise<void>;
  /** Why nothing more can be written or read. */
  readonly error: Error | null;
}

/**
 * Kysely's SQLite driver for one connection, with three changes. Its `begin` is deferred, so a transaction that reads
 * first can fail with SQLITE_BUSY_SNAPSHOT. After SQLITE_FULL or SQLITE_IOERR, where SQLite itself has rolled back, its
 * `rollback` throws and hides the real error. And the connection is released after COMMIT, for the next transaction,
 * before the result is returned: that waits until the commit, and every commit that a read has seen, is on the disk.
 */
export class WriterDriver extends SqliteDriver {
  readonly #raw: Database;
  readonly #log: WriteLog | null;
  readonly #mutex = new Mutex();
  readonly #countChanges: Statement<[], number>;
  /** Rows changed by this connection when it was last released. */
  #changes = 0;

  /** Without a `log`, nothing is synced. */
  constructor(raw: Database, log: WriteLog | null) {
    super({ database: raw });
    this.#raw = raw;
    this.#log = log;
    this.#countChanges = raw.prepare<[], number>('select total_changes()').pluck();
  }

  /** Runs `work` while no transaction is open and none begins. It must not use the connection through Kysely. */
  async alone<T>(work: () => T | Promise<T>): Promise<T> {
    await this.#mutex.acquire();
    try {
      return await work();
    } finally {
      this.#mutex.release();
    }
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    await this.#mutex.acquire();
    const error = this.#log?.error ?? null;
    if (error === null) return super.acquireConnection();
    this.#mutex.release();
    throw error;
  }

  override async releaseConnection(): Promise<void> {
    const log = this.#log;
    if (log !== null && this.#raw.open && this.#hasChanged()) log.committed();
    this.#mutex.release();
    await log?.durable();
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#raw.inTransaction) await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  /** Changes of a transaction that was rolled back count as well; they cost one sync. */
  #hasChanged(): boolean {
    const changes = this.#countChanges.get() ?? 0;
    const has_changed = changes !== this.#changes;
    this.#changes = changes;
    return has_changed;
  }
}

class WriterAdapter extends SqliteAdapter {
  /** Otherwise Kysely adds its own mutex, which it would hold while a commit is synced. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** Kysely's SQL dialect for the connection of `driver`. */
export const sqliteDialect = (raw: Database, driver: WriterDriver): Dialect =>
  Object.assign(new SqliteDialect({ database: raw }), {
    createDriver: () => driver,
    createAdapter: () => new WriterAdapter(),
  });
