import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { BellwireError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Schema } from '../schema.ts';
import { ReadQueue } from './read-queue.ts';

/** Reads a database file without blocking this thread. */
export interface Reader {
  /** Read-only, without transactions. A query sees everything that was committed before it started. */
  readonly db: Kysely<Schema>;
  /** Rejects reads in progress, and resolves when the file is no longer in use, at most after 5 s. */
  readonly close: () => Promise<void>;
}

export interface ReaderOptions {
  readonly clock: Pick<Clock, 'after'>;
  /** Time after which a query is rejected. */
  readonly max_query_ms?: number;
  /** Time without queries after which the worker ends. */
  readonly idle_ms?: number;
}

const MAX_QUERY_MS = 10_000;
const IDLE_MS = 60_000;

/** This module and the worker's are TypeScript in the repository and JavaScript in the published package. */
const workerUrl = (): URL =>
  new URL(import.meta.url.endsWith('.ts') ? './read-worker.ts' : './read-worker.js', import.meta.url);

const refuseTransaction = (): Promise<never> =>
  Promise.reject(new BellwireError('internal', 'The reader does not support transactions. Use the writer.'));

/** One connection for all queries: the queue orders them. */
const createDriver = (queue: ReadQueue): Driver => {
  const connection: DatabaseConnection = {
    executeQuery: async <R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> => ({
      rows: (await queue.read({ sql, parameters })) as R[],
    }),
    streamQuery: () => {
      throw new BellwireError('internal', 'The reader does not support streams. Read pages instead.');
    },
  };
  return {
    init: () => Promise.resolve(),
    acquireConnection: () => Promise.resolve(connection),
    beginTransaction: refuseTransaction,
    commitTransaction: refuseTransaction,
    rollbackTransaction: refuseTransaction,
    releaseConnection: () => Promise.resolve(),
    destroy: () => Promise.resolve(),
  };
};

class ReadAdapter extends SqliteAdapter {
  /** Otherwise Kysely adds its own unbounded queue before ours. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

const readDialect = (queue: ReadQueue): Dialect => ({
  createAdapter: () => new ReadAdapter(),
  createDriver: () => createDriver(queue),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
});

/** A reader of an existing database file that this process has open for writing. Starts no worker before the first query. */
export const createReader = (path: string, options: ReaderOptions): Reader => {
  const { clock, max_query_ms = MAX_QUERY_MS, idle_ms = IDLE_MS } = options;
  const queue = new ReadQueue({ clock, path, max_query_ms, idle_ms, worker_url: workerUrl() });
  return {
    db: new Kysely<Schema>({ dialect: readDialect(queue) }),
    close: () => queue[Symbol.asyncDispose](),
  };
};
