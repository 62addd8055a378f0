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
  /** Sees everything that was committed before a query began, and cannot write. Has no transactions. */
  readonly db: Kysely<Schema>;
  /**
   * Rejects reads under way and resolves when the file is no longer in use, or after 5 s if a query has not ended by
   * then.
   */
  readonly close: () => Promise<void>;
}

export interface ReaderOptions {
  readonly clock: Pick<Clock, 'after'>;
  /** Time after which a query is rejected. */
  readonly max_query_ms?: number;
  /** How long the worker outlives its last query. */
  readonly idle_ms?: number;
}

const MAX_QUERY_MS = 10_000;
const IDLE_MS = 60_000;

/** This file is TypeScript in the repository and JavaScript when published; so is the module of the worker. */
const workerUrl = (): URL =>
  new URL(import.meta.url.endsWith('.ts') ? './read-worker.ts' : './read-worker.js', import.meta.url);

const refuse = (what: string): Promise<never> =>
  Promise.reject(
    new BellwireError('internal', `The reader has no ${what}. Use the connection of the writer.`),
  );

/** One connection for every query: the queue puts them in order. */
class ReadDriver implements Driver {
  readonly #connection: DatabaseConnection;

  constructor(queue: ReadQueue) {
    this.#connection = {
      executeQuery: async <R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> => ({
        rows: (await queue.read({ sql, parameters })) as R[],
      }),
      streamQuery: () => {
        throw new BellwireError('internal', 'The reader has no streams. Read pages instead.');
      },
    };
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  acquireConnection(): Promise<DatabaseConnection> {
    return Promise.resolve(this.#connection);
  }

  beginTransaction(): Promise<void> {
    return refuse('transactions');
  }

  commitTransaction(): Promise<void> {
    return refuse('transactions');
  }

  rollbackTransaction(): Promise<void> {
    return refuse('transactions');
  }

  releaseConnection(): Promise<void> {
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return Promise.resolve();
  }
}

class ReadAdapter extends SqliteAdapter {
  /** Otherwise Kysely has a queue of its own before ours, and that one has no bound. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

const readDialect = (queue: ReadQueue): Dialect => ({
  createAdapter: () => new ReadAdapter(),
  createDriver: () => new ReadDriver(queue),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
});

/** A reader of a database file that exists and is open for writing in this process. Starts nothing before the first query. */
export const createReader = (path: string, options: ReaderOptions): Reader => {
  const { clock, max_query_ms = MAX_QUERY_MS, idle_ms = IDLE_MS } = options;
  const queue = new ReadQueue({ clock, path, max_query_ms, idle_ms, worker_url: workerUrl() });
  return {
    db: new Kysely<Schema>({ dialect: readDialect(queue) }),
    close: () => queue[Symbol.asyncDispose](),
  };
};
