import DatabaseConstructor, { type Database } from 'better-sqlite3';
import { Kysely } from 'kysely';
import { BellwireError } from '../../core/errors.ts';
import { createPrivateFile } from '../private-file.ts';
import type { Connections, Schema } from '../schema.ts';
import { sqliteDialect } from './dialect.ts';
import { PageScrubber } from './page-scrubber.ts';

/** One SQLite database: Kysely's interface, the underlying connection, and the only methods that write. */
export interface SqliteDatabase extends Connections {
  readonly raw: Database;
  /**
   * Runs `work` synchronously in one immediate transaction and resolves after COMMIT. Acquires Kysely's connection first:
   * otherwise better-sqlite3 would make this a savepoint of any open transaction, whose rollback would undo an
   * acknowledged event.
   */
  readonly write: <T>(work: () => T) => Promise<T>;
  /** The same; `committed` runs after COMMIT, before any other work on the connection. */
  readonly writeThen: <T, R>(work: () => T, committed: (result: T) => R) => Promise<R>;
  /** Runs synchronous reads between transactions, so that they see only committed data. */
  readonly read: <T>(work: () => T) => Promise<T>;
  /** The same while the reader is idle, so that the write-ahead log can be emptied. Null if it stays busy. */
  readonly betweenReads: <T>(work: () => T) => Promise<T | null>;
  readonly scrubber: PageScrubber;
  readonly close: () => Promise<void>;
}

// SQLite's value of `synchronous`: OFF 0, NORMAL 1, FULL 2.
const FULL = 2;

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
    // better-sqlite3 defaults to NORMAL after the first write, with which commits are not durable.
    raw.pragma('synchronous = FULL');
    // Deleted cells and freed pages are zeroed; the scrubber removes the copies that this leaves.
    raw.pragma('secure_delete = ON');
    return raw;
  } catch (error) {
    throw cannotOpen(path, error);
  }
};

/**
 * Opens a SQLite file (or `:memory:`) with durable settings. Writes only the journal mode. The reader is the connection
 * itself.
 */
export const openSqlite = (path: string): SqliteDatabase => {
  const raw = openConnection(path);
  const db = new Kysely<Schema>({ dialect: sqliteDialect(raw) });
  const scrubber = new PageScrubber(raw);
  const read = <T>(work: () => T): Promise<T> => db.connection().execute(async () => work());
  return {
    db,
    reader: db,
    raw,
    write: (work) => db.connection().execute(async () => raw.transaction(work).immediate()),
    writeThen: (work, committed) =>
      db.connection().execute(async () => committed(raw.transaction(work).immediate())),
    read,
    betweenReads: read,
    scrubber,
    close: async () => {
      await db.destroy();
      scrubber.close();
    },
  };
};

/**
 * Checks that commits on this connection are synced to disk. Call it after a write: before the first one, SQLite reports
 * FULL even if it will not keep it.
 * @throws BellwireError `database_not_durable`
 */
export const assertDurable = ({ raw }: SqliteDatabase): void => {
  const synchronous = raw.pragma('synchronous', { simple: true });
  if (synchronous !== FULL) {
    throw new BellwireError(
      'database_not_durable',
      `SQLite reports synchronous=${String(synchronous)} instead of ${FULL} (FULL): an accepted event could be lost in a power failure. This is a bug in Bellwire; please report it.`,
    );
  }
};
