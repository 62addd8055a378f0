import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { type Log, messageOf } from './log.ts';
import { StartError } from './start-error.ts';

const SCHEMA = `
  create table if not exists events (
    seq integer primary key autoincrement,
    id text not null unique,
    type text not null,
    dialect text not null,
    content_type text not null,
    body blob not null,
    received_at integer not null,
    state text not null default 'waiting' check (state in ('waiting', 'handled', 'dead')),
    attempts integer not null default 0,
    due_at integer not null default 0,
    last_error text,
    settled_at integer
  ) strict;
  create table if not exists taken (
    seq integer primary key,
    interrupted integer not null default 0
  ) strict;
  create index if not exists events_waiting on events (seq, due_at) where state = 'waiting';
  create index if not exists events_handled on events (settled_at) where state = 'handled';
  create index if not exists events_dead on events (seq) where state = 'dead';
  pragma user_version = 1;
`;

const isBusy = (error: unknown): boolean =>
  error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');

const setUp = (path: string): Database.Database => {
  // A write waits this long for another process; nothing else runs meanwhile.
  const db = new Database(path, { timeout: 1000 });
  db.pragma('journal_mode = WAL');
  db.exec(SCHEMA);
  // better-sqlite3 is built so that the first write would put this back to NORMAL, which loses events in a power cut.
  db.pragma('synchronous = FULL');
  db.exec('pragma user_version = 1');
  if (
    db.pragma('synchronous', { simple: true }) !== 2 ||
    db.pragma('journal_mode', { simple: true }) !== 'wal'
  ) {
    throw new Error('this disk does not keep what is written (no WAL with synchronous=FULL)');
  }
  return db;
};

const notOpened = (path: string, error: unknown): StartError =>
  new StartError(
    `The inbox at ${path} cannot be opened: ${messageOf(error)}. ` +
      'Set INBOX_PATH to a file on a disk of this machine that may be written.',
    { cause: error },
  );

/**
 * Opens the inbox, made if it is not there. What is committed survives a power cut.
 * @throws StartError
 */
export const openInboxFile = (path: string): Database.Database => {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return setUp(path);
  } catch (error) {
    throw notOpened(path, error);
  }
};

/**
 * Keeps every other receiver away from this inbox until the process ends or what it answers is called: two would
 * handle events twice.
 * @throws StartError when another one has it
 */
export const lockInbox = (path: string): (() => void) => {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const lock = new Database(`${path}-lock`, { timeout: 0 });
    lock.exec('begin exclusive');
    return () => lock.close();
  } catch (error) {
    if (!isBusy(error)) throw notOpened(path, error);
    throw new StartError(
      `Another receiver runs on the inbox at ${path}. Stop that one, or give this one an INBOX_PATH of its own.`,
      { cause: error },
    );
  }
};

const LOOK_EVERY_MS = 1000;

/**
 * Looks, once a second at most, whether the inbox that was opened still stands at its path. One that was deleted or
 * replaced can still be written, but nobody would find what is in it. Once lost, it stays so until the restart.
 */
export const watchInboxFile = (path: string, log: Log): (() => boolean) => {
  const identity = (): string => {
    const file = statSync(path, { bigint: true, throwIfNoEntry: false });
    return file === undefined ? 'none' : `${file.dev} ${file.ino}`;
  };
  const opened = identity();
  let inPlace = true;
  let lookedAt = performance.now();
  return () => {
    if (!inPlace || performance.now() - lookedAt < LOOK_EVERY_MS) return inPlace;
    inPlace = identity() === opened;
    lookedAt = performance.now();
    if (!inPlace) {
      const error =
        `The inbox at ${path} was deleted or replaced while it was open, so no event is accepted any more. ` +
        'Restart the receiver: it opens the file that is there then, or makes a new one.';
      log('error', 'inbox_lost', { error });
    }
    return inPlace;
  };
};
