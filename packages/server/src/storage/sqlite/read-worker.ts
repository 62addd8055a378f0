import { serialize } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import DatabaseConstructor, { type Statement } from 'better-sqlite3';
import type { ReadAnswer, ReadRequest, ReadSettings } from './read-queue.ts';
import { StatementCache } from './statement-cache.ts';

// The read worker: one read-only connection that runs one statement at a time.
const port = parentPort;
if (port === null) throw new Error('read-worker is not a program: the server runs it as a worker thread');
const { path } = workerData as ReadSettings;

let opened: StatementCache | null = null;

const open = (): StatementCache => {
  const database = new DatabaseConstructor(path, { readonly: true, fileMustExist: true });
  database.pragma('query_only = ON');
  // Large sorts must not depend on space for temporary files.
  database.pragma('temp_store = MEMORY');
  return new StatementCache(database);
};

const prepare = (sql: string): Statement => {
  opened ??= open();
  const statement = opened.prepare(sql);
  if (!statement.reader || !statement.readonly) {
    throw new TypeError('This connection is read-only. Use the writer to change data.');
  }
  return statement;
};

const answer = ({ sql, parameters }: ReadRequest): ReadAnswer => {
  try {
    // Serialized here, because `postMessage` would turn every Buffer into a plain Uint8Array.
    return { rows: serialize(prepare(sql).all(...parameters)) };
  } catch (error) {
    if (!(error instanceof Error)) return { error: { code: null, message: String(error) } };
    return { error: { code: 'code' in error ? String(error.code) : null, message: error.message } };
  }
};

port.on('message', (request: ReadRequest) => port.postMessage(answer(request)));
