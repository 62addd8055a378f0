import { parentPort, workerData } from 'node:worker_threads';
import DatabaseConstructor, { type Database } from 'better-sqlite3';
import { beginLog } from './begin-log.ts';
import type {
  CheckpointAnswer,
  CheckpointRequest,
  CheckpointResult,
  CheckpointSettings,
} from './checkpointer.ts';

// The checkpoint worker: moves the write-ahead log into the database, and waits for the disk in place of the event loop.
const port = parentPort;
if (port === null) {
  throw new Error('checkpoint-worker is not a program: the server runs it as a worker thread');
}
const { path } = workerData as CheckpointSettings;

/** Maximum time that a restart waits for readers. The writer waits as well. */
const BUSY_TIMEOUT_MS = 100;
/** The log is truncated to this size when it restarts after it was longer, for example because of a backup. */
const LOG_BYTES_MAX = 64 * 1024 * 1024;

const openLog = (): Database => {
  const log = new DatabaseConstructor(path, { fileMustExist: true });
  log.pragma('synchronous = NORMAL');
  log.pragma('wal_autocheckpoint = 0');
  log.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  log.pragma(`journal_size_limit = ${LOG_BYTES_MAX}`);
  return log;
};

const log = openLog();
const pinned = new DatabaseConstructor(path, { readonly: true, fileMustExist: true });
const readSnapshot = pinned.prepare('select 1 from sqlite_schema');

/**
 * Keeps a snapshot open. While a reader uses the log, the writer appends to it; otherwise it would restart a log that is
 * completely copied, and wait for the sync of its new header.
 */
const pin = (): void => {
  if (pinned.inTransaction) return;
  pinned.exec('begin');
  readSnapshot.get();
};

const unpin = (): void => {
  if (pinned.inTransaction) pinned.exec('commit');
};

const checkpoint = (mode: 'NOOP' | 'PASSIVE' | 'RESTART' | 'TRUNCATE'): CheckpointResult => {
  const [result] = log.pragma(`wal_checkpoint(${mode})`) as readonly {
    readonly busy: number;
    readonly log: number;
    readonly checkpointed: number;
  }[];
  return { is_busy: result?.busy !== 0, frames: result?.log ?? 0, copied: result?.checkpointed ?? 0 };
};

/**
 * Copies what has been written so far. If that is copied already, the snapshot stays: one of a log that is completely
 * copied would not keep the writer from restarting it.
 */
const copy = (): CheckpointResult => {
  const { frames, copied } = checkpoint('NOOP');
  if (frames > copied) unpin();
  pin();
  return checkpoint('PASSIVE');
};

/** Copies the rest of the log. If readers prevent its end, the next commit appends to it. */
const copyAll = (mode: 'RESTART' | 'TRUNCATE'): CheckpointResult => {
  unpin();
  const result = checkpoint(mode);
  if (result.is_busy) pin();
  return result;
};

const begin = (): CheckpointResult => {
  beginLog(log);
  return { is_busy: false, frames: 0, copied: 0 };
};

const run: Readonly<Record<CheckpointRequest, () => CheckpointResult>> = {
  copy,
  restart: () => {
    const result = copyAll('RESTART');
    return result.is_busy ? result : begin();
  },
  empty: () => copyAll('TRUNCATE'),
  begin,
};

const answer = (request: CheckpointRequest): CheckpointAnswer => {
  try {
    return run[request]();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && 'code' in error ? String(error.code) : null;
    return { error: { code, message } };
  }
};

port.on('message', (request: CheckpointRequest) => port.postMessage(answer(request)));
