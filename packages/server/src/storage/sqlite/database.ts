import DatabaseConstructor, { type Database } from 'better-sqlite3';
import { Kysely } from 'kysely';
import { BellwireError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { createPrivateFile } from '../private-file.ts';
import type { Connections, Schema } from '../schema.ts';
import { beginLog } from './begin-log.ts';
import { Checkpointer, type CheckpointerOptions } from './checkpointer.ts';
import { ConnectionQueue, type WorkKind, type QueueClock, WITHOUT_RESTS } from './connection-queue.ts';
import { DatabaseFile } from './database-file.ts';
import { sqliteDialect, type WriteLog, WriterDriver } from './dialect.ts';
import { LogSync } from './log-sync.ts';
import { PageScrubber } from './page-scrubber.ts';

/** One SQLite database: Kysely's interface, the underlying connection, and the only methods that write. */
export interface SqliteDatabase extends Connections {
  readonly raw: Database;
  /**
   * Runs `work` synchronously in one immediate transaction and resolves when the commit is on the disk. Until then, reads
   * see it: nothing may be sent or answered because of it before this resolves. `committed` runs after COMMIT, before any
   * other work on the connection. Waits for the connection first: otherwise better-sqlite3 would make this a savepoint
   * of any open transaction, whose rollback would undo an acknowledged event.
   */
  readonly write: <T, R>(kind: WorkKind, work: () => T, committed: (result: T) => R) => Promise<R>;
  /** Runs synchronous reads between transactions, so that they see only committed data, which may not be on the disk yet. */
  readonly read: <T>(kind: WorkKind, work: () => T) => Promise<T>;
  /** The same while the write-ahead log is empty. Null if a reader needs the log. */
  readonly withEmptyLog: <T>(work: () => T) => Promise<T | null>;
  readonly scrubber: PageScrubber;
  /** Null for a database in memory. */
  readonly log: LogSync | null;
  readonly close: () => Promise<void>;
}

export interface SqliteOptions {
  /** Default: a database that nothing else waits for. */
  readonly clock?: QueueClock & Pick<Clock, 'after'>;
  /** Called once when the disk fails: from then on, all reads and writes through Kysely reject. */
  readonly onBroken?: (error: BellwireError) => void;
}

// SQLite's value of `synchronous`: OFF 0, NORMAL 1, FULL 2.
const NORMAL = 1;

/** The error for a database file, or its lock file, that cannot be used. */
export const cannotOpen = (path: string, error: unknown): BellwireError =>
  new BellwireError(
    'folder_unwritable',
    `The database ${path} cannot be opened for writing (${error instanceof Error ? error.message : 'unknown error'}). Check that its folder exists and is writable, or choose another one with BELLWIRE_DATABASE_URL=file:/path/to/bellwire.db`,
    { cause: error },
  );

const openConnection = (path: string): Database => {
  try {
    // SQLite gives its log the mode of the file.
    if (path !== ':memory:') createPrivateFile(path);
    const raw = new DatabaseConstructor(path);
    raw.pragma('journal_mode = WAL');
    raw.pragma('foreign_keys = ON');
    raw.pragma('busy_timeout = 2000');
    // COMMIT writes the log and does not wait for the disk; the driver syncs the log before it returns the result.
    raw.pragma('synchronous = NORMAL');
    // Deleted cells and freed pages are zeroed; the scrubber removes the copies that this leaves.
    raw.pragma('secure_delete = ON');
    return raw;
  } catch (error) {
    throw cannotOpen(path, error);
  }
};

/** The log and the checkpoints of a database file. */
const openLog = (
  raw: Database,
  queue: ConnectionQueue,
  { file, clock, onBroken }: Pick<CheckpointerOptions, 'file' | 'clock' | 'onBroken'>,
) => {
  const sync = new LogSync(raw.name, onBroken);
  const log: WriteLog = {
    committed: () => {
      sync.committed();
      checkpointer.committed();
    },
    durable: () => sync.durable(),
    get error() {
      return sync.error;
    },
  };
  const driver = new WriterDriver(raw, queue, log);
  const checkpointer = new Checkpointer({
    raw,
    file,
    clock,
    alone: (work) => driver.alone('other', work),
    onBroken,
  });
  return { driver, sync, checkpointer };
};

const openInMemory = (raw: Database, queue: ConnectionQueue) => ({
  driver: new WriterDriver(raw, queue, null),
  sync: null,
  checkpointer: null,
});

/**
 * Opens a SQLite file (or `:memory:`) so that every result of a write is durable. Writes only the journal mode. The
 * reader is the connection itself.
 */
export const openSqlite = (path: string, options: SqliteOptions = {}): SqliteDatabase => {
  const { clock = null, onBroken = () => {} } = options;
  const raw = openConnection(path);
  const file = new DatabaseFile(path);
  const queue = new ConnectionQueue(clock ?? WITHOUT_RESTS);
  const { driver, sync, checkpointer } = raw.memory
    ? openInMemory(raw, queue)
    : openLog(raw, queue, { file, clock, onBroken });
  const db = new Kysely<Schema>({ dialect: sqliteDialect(raw, driver) });
  const scrubber = new PageScrubber(raw, file);
  return {
    db,
    reader: db,
    raw,
    write: (kind, work, committed) => driver.transaction(kind, work, committed),
    read: (kind, work) => driver.alone(kind, work),
    withEmptyLog: (work) => checkpointer?.withEmptyLog(work) ?? driver.alone('other', work),
    scrubber,
    log: sync,
    close: async () => {
      await checkpointer?.close();
      await db.destroy();
      // Kysely closes only what it has used.
      raw.close();
      await sync?.close();
      file.close();
    },
  };
};

const notDurable = (what: string): BellwireError =>
  new BellwireError(
    'database_not_durable',
    `${what}: an accepted event could be lost in a power failure. This is a bug in Bellwire; please report it.`,
  );

/**
 * Checks with a commit that changes nothing that the result of a write is durable: SQLite writes a log, in the order that
 * NORMAL guarantees, and the driver has synced that log before it returned the result.
 * @throws BellwireError `database_not_durable`
 */
export const assertDurable = async ({ db, raw, log }: SqliteDatabase): Promise<void> => {
  if (log === null) return;
  const before = log.synced_commits;
  await db.connection().execute(async () => {
    beginLog(raw);
    log.committed();
  });
  // Not before a write: until then, SQLite does not report the setting that it will use.
  const mode = raw.pragma('journal_mode', { simple: true });
  const synchronous = raw.pragma('synchronous', { simple: true });
  if (mode !== 'wal') throw notDurable(`SQLite reports journal_mode=${String(mode)} instead of wal`);
  if (synchronous !== NORMAL) {
    throw notDurable(`SQLite reports synchronous=${String(synchronous)} instead of ${NORMAL} (NORMAL)`);
  }
  if (log.synced_commits <= before || !log.isCurrent()) {
    throw notDurable('A write was not synced to the write-ahead log of the database');
  }
};
