import { serialize } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import DatabaseConstructor, { type Database, type Statement } from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import type { ReadAnswer, ReadRequest, ReadSettings } from './read-queue.ts';

// The read worker: one read-only connection that answers one statement after the other.
const port = parentPort;
if (port === null) throw new Error('the read worker was started as a program of its own');
const { path } = workerData as ReadSettings;

/** Lists of ids make the number of statement texts unbounded. */
const MAX_PREPARED = 100;
const prepared = new LRUCache<string, Statement>({ max: MAX_PREPARED });
let opened: Database | null = null;

const open = (): Database => {
  const database = new DatabaseConstructor(path, { readonly: true, fileMustExist: true });
  database.pragma('query_only = ON');
  // A large sort must not depend on space in a folder for temporary files.
  database.pragma('temp_store = MEMORY');
  return database;
};

const prepare = (sql: string): Statement => {
  opened ??= open();
  const statement = prepared.get(sql) ?? opened.prepare(sql);
  if (!statement.reader || !statement.readonly) {
    throw new TypeError('This connection only reads. Use the connection of the writer to change data.');
  }
  prepared.set(sql, statement);
  return statement;
};

const answer = ({ sql, parameters }: ReadRequest): ReadAnswer => {
  try {
    // Serialized here because `postMessage` would turn each Buffer into a plain Uint8Array.
    return { rows: serialize(prepare(sql).all(...parameters)) };
  } catch (error) {
    if (!(error instanceof Error)) return { error: { code: null, message: String(error) } };
    return { error: { code: 'code' in error ? String(error.code) : null, message: error.message } };
  }
};

port.on('message', (request: ReadRequest) => port.postMessage(answer(request)));
