import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { messageOf } from './log.ts';
import { StartError } from './settings.ts';
import type { DialectName } from './verify.ts';

export interface Arrival {
  readonly id: string;
  readonly type: string;
  readonly dialect: DialectName;
  /** As JSON. */
  readonly body: string;
  /** In milliseconds, like every time here. */
  readonly received_at: number;
}

export interface Claimed extends Arrival {
  readonly seq: number;
  /** The number of this attempt. */
  readonly attempts: number;
}

export type Stored = 'stored' | 'duplicate' | 'full';

const SCHEMA = `
  create table if not exists events (
    seq integer primary key autoincrement,
    id text not null unique,
    type text not null,
    dialect text not null,
    body text not null,
    received_at integer not null,
    state text not null default 'waiting' check (state in ('waiting', 'handled', 'dead')),
    claimed integer not null default 0,
    attempts integer not null default 0,
    due_at integer not null default 0,
    last_error text,
    settled_at integer
  ) strict;
  create index if not exists events_waiting on events (seq, due_at) where state = 'waiting';
  create index if not exists events_handled on events (settled_at) where state = 'handled';
  create index if not exists events_dead on events (seq) where state = 'dead';
`;

const CLAIMED = 'seq, id, type, dialect, body, received_at, attempts';
const CLAIM = 'update events set claimed = 1, attempts = attempts + 1';
const PRUNE_SLICE = 1000;

const notOpened = (path: string, error: unknown): StartError => {
  const advice = 'Set INBOX_PATH to a writable file on a local disk.';
  return new StartError(`The inbox at ${path} cannot be opened: ${messageOf(error)}. ${advice}`, {
    cause: error,
  });
};

/**
 * Opens the file, or creates it. A commit survives the end of the process.
 * @throws StartError
 */
export const openInboxFile = (path: string): Database.Database => {
  try {
    mkdirSync(dirname(path), { recursive: true });
    // A write waits this long for another process, and blocks this one meanwhile.
    const db = new Database(path, { timeout: 1000 });
    if (db.pragma('journal_mode = WAL', { simple: true }) !== 'wal')
      throw new Error('this disk does not support WAL');
    db.exec(SCHEMA);
    db.pragma('synchronous = NORMAL');
    return db;
  } catch (error) {
    throw notOpened(path, error);
  }
};

/** Commits a write, and those before it, so that they survive a power cut as well. */
export const commitDurably = <Result>(db: Database.Database, write: () => Result): Result => {
  db.pragma('synchronous = FULL');
  try {
    return db.transaction(write).immediate();
  } finally {
    db.pragma('synchronous = NORMAL');
  }
};

/** Keeps other receivers away, which would handle the same events. Released by closing it or with the process. */
const lock = (path: string): Database.Database => {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const db = new Database(`${path}-lock`, { timeout: 0 });
    db.exec('begin exclusive');
    return db;
  } catch (error) {
    if (!(error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')))
      throw notOpened(path, error);
    const advice = 'Stop it, or set another INBOX_PATH.';
    throw new StartError(`Another receiver uses the inbox at ${path}. ${advice}`, { cause: error });
  }
};

const prepare = (db: Database.Database) => ({
  insert: db.prepare<[Arrival]>(
    `insert into events (id, type, dialect, body, received_at)
     values (:id, :type, :dialect, :body, :received_at)`,
  ),
  isKnown: db.prepare<[string]>('select 1 from events where id = ?').pluck(),
  claim: db.prepare<[number], Claimed>(
    `${CLAIM} where seq = (select seq from events where state = 'waiting' and claimed = 0 and due_at <= ?
     order by seq limit 1) returning ${CLAIMED}`,
  ),
  claimAgain: db.prepare<[number]>(`${CLAIM} where seq = ?`),
  interrupted: db.prepare<[], Claimed>(
    `select ${CLAIMED} from events where state = 'waiting' and claimed = 1 order by seq`,
  ),
  release: db.prepare(
    `update events set claimed = 0, attempts = attempts - 1 where state = 'waiting' and claimed = 1`,
  ),
  // Only the id of a handled event is kept.
  handled: db.prepare<[number, number]>(
    `update events set state = 'handled', claimed = 0, settled_at = ?, body = '', last_error = null where seq = ?`,
  ),
  failed: db.prepare<[number, string, number]>(
    'update events set claimed = 0, due_at = ?, last_error = ? where seq = ?',
  ),
  dead: db.prepare<[number, string, number]>(
    `update events set state = 'dead', claimed = 0, settled_at = ?, last_error = ? where seq = ?`,
  ),
  prune: db.prepare<[number]>(
    `delete from events where seq in
     (select seq from events where state = 'handled' and settled_at < ? limit ${PRUNE_SLICE})`,
  ),
  count: db.prepare<[string], number>('select count(*) from events where state = ?').pluck(),
  oldest: db
    .prepare<[], number>(`select received_at from events where state = 'waiting' order by seq limit 1`)
    .pluck(),
});

interface Write {
  readonly arrival: Arrival;
  readonly resolve: (stored: Stored) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The durable inbox: events wait until they are handled; an event that cannot be handled is dead. Arrivals wait for the
 * disk; if a power cut undoes an outcome, the event is handled again.
 * @throws StartError
 */
export const openInbox = (path: string, limit: number) => {
  const locked = lock(path);
  const db = openInboxFile(path);
  const sql = prepare(db);
  const identity = (): string => {
    const file = statSync(path, { bigint: true, throwIfNoEntry: false });
    return file === undefined ? 'none' : `${file.dev} ${file.ino}`;
  };
  const opened = identity();
  let writes: Write[] = [];

  const insertAll = (arrivals: readonly Arrival[]): readonly Stored[] => {
    let free = limit - (sql.count.get('waiting') ?? 0);
    return arrivals.map((arrival) => {
      if (sql.isKnown.get(arrival.id) !== undefined) return 'duplicate';
      if (free <= 0) return 'full';
      sql.insert.run(arrival);
      free -= 1;
      return 'stored';
    });
  };

  const commit = (): void => {
    const batch = writes;
    writes = [];
    try {
      const outcomes = commitDurably(db, () => insertAll(batch.map(({ arrival }) => arrival)));
      for (const [index, { resolve }] of batch.entries()) resolve(outcomes[index] ?? 'full');
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };

  return {
    /** Fulfilled once the event is on the disk. Requests that arrive together share one commit. */
    store: (arrival: Arrival): Promise<Stored> =>
      new Promise((resolve, reject) => {
        // After the poll phase, so that every request of this turn of the event loop has been read.
        if (writes.length === 0) setImmediate(commit);
        writes.push({ arrival, resolve, reject });
      }),

    /** The next event to handle, in the order of arrival. Counts its attempt, so that a crash counts as well. */
    claim: (): Claimed | undefined => sql.claim.all(Date.now())[0],
    claimAgain: ({ seq }: Claimed): void => void sql.claimAgain.run(seq),
    /** At the start: the events that were claimed when the last process ended. */
    interrupted: (): readonly Claimed[] => sql.interrupted.all(),
    /** Takes back the claims, and their attempts. */
    release: (): void => void sql.release.run(),

    handled: ({ seq }: Claimed): void => void sql.handled.run(Date.now(), seq),
    failed: ({ seq }: Claimed, error: string, due_at: number): void =>
      void sql.failed.run(due_at, error, seq),
    dead: ({ seq }: Claimed, error: string): void => void sql.dead.run(Date.now(), error, seq),

    /** Deletes some of the ids that were handled before a time. */
    prune: (before: number): void => void sql.prune.run(before),

    counts: () => ({
      waiting: sql.count.get('waiting') ?? 0,
      dead: sql.count.get('dead') ?? 0,
      oldest_received_at: sql.oldest.get() ?? null,
    }),

    /** Whether the path still leads to the opened file. One that was deleted or replaced is writable, but then lost. */
    isInPlace: (): boolean => identity() === opened,

    close: (): void => {
      db.close();
      locked.close();
    },
  };
};

export type Inbox = ReturnType<typeof openInbox>;
