import type { Database, Statement } from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
} from 'kysely';
import type { ConnectionQueue, WorkKind } from './connection-queue.ts';
import { StatementCache } from './statement-cache.ts';

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
 * Kysely's SQLite driver for one connection, with four changes. Its `begin` is deferred, so a transaction that reads
 * first can fail with SQLITE_BUSY_SNAPSHOT. After SQLITE_FULL or SQLITE_IOERR, where SQLite itself has rolled back, its
 * `rollback` throws and hides the real error. The connection is released after COMMIT, for the next transaction, before
 * the result is returned: that waits until the commit, and every commit that a read has seen, is on the disk. And
 * statements are prepared once.
 */
export class WriterDriver extends SqliteDriver {
  readonly #raw: Database;
  readonly #log: WriteLog | null;
  readonly #queue: ConnectionQueue;
  readonly #countChanges: Statement<[], number>;
  /** Rows changed by this connection when it was last released. */
  #changes = 0;

  /** Without a `log`, nothing is synced. */
  constructor(raw: Database, queue: ConnectionQueue, log: WriteLog | null) {
    const statements = new StatementCache(raw);
    super({ database: { prepare: (sql) => statements.prepare(sql), close: () => raw.close() } });
    this.#raw = raw;
    this.#queue = queue;
    this.#log = log;
    this.#countChanges = raw.prepare<[], number>('select total_changes()').pluck();
  }

  /**
   * Runs `work` while no transaction is open and none begins. It must not use the connection through Kysely, and what it
   * writes is not synced.
   */
  async alone<T>(kind: WorkKind, work: () => T | Promise<T>): Promise<T> {
    await this.#queue.acquire(kind);
    try {
      return await work();
    } finally {
      this.#queue.release();
    }
  }

  /** Runs `work` in one immediate transaction, then `committed`, and resolves when the commit is on the disk. */
  async transaction<T, R>(kind: WorkKind, work: () => T, committed: (result: T) => R): Promise<R> {
    await this.#acquire(kind);
    try {
      return committed(this.#raw.transaction(work).immediate());
    } finally {
      await this.releaseConnection();
    }
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    await this.#acquire('other');
    return super.acquireConnection();
  }

  override async releaseConnection(): Promise<void> {
    const log = this.#log;
    if (log !== null && this.#raw.open && this.#hasChanged()) log.committed();
    this.#queue.release();
    await log?.durable();
  }

  async #acquire(kind: WorkKind): Promise<void> {
    await this.#queue.acquire(kind);
    const error = this.#log?.error ?? null;
    if (error === null) return;
    this.#queue.release();
    throw error;
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
  /** Otherwise Kysely adds its own mutex, which knows no kinds of work and would be held while a commit is synced. */
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
