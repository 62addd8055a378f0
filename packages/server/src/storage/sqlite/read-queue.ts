import { deserialize } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { BellwireError } from '../../core/errors.ts';
import { threadOptions } from '../../core/thread-options.ts';
import type { Clock } from '../../ports/clock.ts';

/** The read worker's settings, as plain data. */
export interface ReadSettings {
  /** The database file. */
  readonly path: string;
}

/** A message to the read worker. Only one is in progress at a time. */
export interface ReadRequest {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

interface ReadFailure {
  readonly code: string | null;
  readonly message: string;
}

/** The reply to each request. `rows` is an array in the format of `v8.serialize`. */
export type ReadAnswer = { readonly rows: Uint8Array } | { readonly error: ReadFailure };

/** For young objects only: Node allows them 96 MiB in each thread. */
const LIMITS = { maxYoungGenerationSizeMb: 12 } as const;

export interface ReadQueueOptions extends ReadSettings {
  readonly clock: Pick<Clock, 'after'>;
  /** The module that runs in the worker. */
  readonly worker_url: URL;
  readonly max_query_ms: number;
  readonly idle_ms: number;
}

interface Job {
  readonly request: ReadRequest;
  readonly resolve: (rows: readonly unknown[]) => void;
  readonly reject: (error: Error) => void;
}

/** Beyond this, reads arrive faster than they are answered, and a longer queue would only delay all of them. */
const MAX_WAITING = 256;

/** Each holds a thread, a connection and a snapshot that prevents checkpoints of the write-ahead log. */
const MAX_ABANDONED = 2;

const MAX_CLOSE_MS = 5_000;

const shuttingDown = (): BellwireError =>
  new BellwireError('shutting_down', 'The server is shutting down. Nothing was read; try again.', {
    retry_after_s: 1,
  });

const overloaded = (message: string, retry_after_s?: number): BellwireError =>
  new BellwireError('overloaded', message, { retry_after_s });

const tooManyWaiting = () => overloaded('Too many reads are waiting. Try again in a few seconds.', 1);

const tooManyAbandoned = () =>
  overloaded('Other reads took too long and have not ended yet. Try again in a few seconds.', 5);

const tooLong = (max_query_ms: number) =>
  overloaded(
    `This read took longer than ${max_query_ms / 1000} s. Narrow the filter, for example to a shorter time range or a single webhook, or try again when the server is less busy.`,
  );

const workerLost = (cause: unknown): BellwireError =>
  new BellwireError('storage_failed', 'The database could not be read: the read worker failed. Try again.', {
    cause,
    retry_after_s: 1,
  });

/** SQLITE_ERROR means a bug in our SQL; every other code is a problem of the file or the machine. */
const toReadError = ({ code, message }: ReadFailure): Error => {
  const cause = Object.assign(new Error(message), { code });
  if (code === null || code === 'SQLITE_ERROR' || !code.startsWith('SQLITE_')) return cause;
  return new BellwireError('storage_failed', `The database could not be read (${code}). Try again later.`, {
    cause,
    retry_after_s: 5,
  });
};

/**
 * Runs reads one after the other in a worker thread. The worker starts with the first read, ends after `idle_ms` without
 * one, and does not keep the process alive between reads.
 *
 * A worker whose query takes longer than `max_query_ms` is abandoned: the query is rejected, the next read runs in a new
 * worker, and the old one ends when its call into SQLite returns, which cannot be interrupted. While `MAX_ABANDONED`
 * workers have not ended, every read is rejected, so that slow queries cannot accumulate threads.
 */
export class ReadQueue implements AsyncDisposable {
  readonly #options: ReadQueueOptions;
  readonly #waiting: Job[] = [];
  /** The exits of all workers that have not ended, including terminated ones. */
  readonly #exits = new Map<Worker, Promise<void>>();
  readonly #abandoned = new Set<Worker>();
  #running: Job | null = null;
  #worker: Worker | null = null;
  #cancelTimer: () => void = () => {};
  #isClosed = false;

  constructor(options: ReadQueueOptions) {
    this.#options = options;
  }

  /**
   * Resolves to the rows of one read-only statement.
   * @throws BellwireError `overloaded` if it takes too long or too many wait, `storage_failed`, `shutting_down`.
   */
  read(request: ReadRequest): Promise<readonly unknown[]> {
    if (this.#isClosed) return Promise.reject(shuttingDown());
    if (this.#abandoned.size >= MAX_ABANDONED) return Promise.reject(tooManyAbandoned());
    if (this.#waiting.length >= MAX_WAITING) return Promise.reject(tooManyWaiting());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#next();
    });
  }

  /** Rejects all reads, and resolves when every worker has ended or after `MAX_CLOSE_MS`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#terminate();
    this.#rejectRunning(shuttingDown());
    this.#rejectWaiting(shuttingDown);
    // The writer can checkpoint the write-ahead log only when these connections are closed. Queries are bounded, so that
    // is soon; the limit keeps a query that does not end from blocking shutdown.
    const timeout = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(MAX_CLOSE_MS, timeout.resolve);
    await Promise.race([Promise.all(this.#exits.values()), timeout.promise]);
    cancel();
  }

  #next(): void {
    if (this.#running !== null) return;
    this.#cancelTimer();
    const job = this.#waiting.shift();
    if (job === undefined) {
      this.#rest();
      return;
    }
    const { clock, max_query_ms } = this.#options;
    this.#running = job;
    this.#cancelTimer = clock.after(max_query_ms, () => this.#abandon());
    try {
      this.#worker ??= this.#start();
      this.#worker.ref();
      this.#worker.postMessage(job.request);
    } catch (error) {
      this.#lose(this.#worker, error);
    }
  }

  #rest(): void {
    if (this.#worker === null) return;
    const { clock, idle_ms } = this.#options;
    this.#worker.unref();
    this.#cancelTimer = clock.after(idle_ms, () => this.#terminate(), { keeps_alive: false });
  }

  #start(): Worker {
    const { worker_url, path } = this.#options;
    const workerData: ReadSettings = { path };
    const worker = new Worker(worker_url, { ...threadOptions(), workerData, resourceLimits: LIMITS });
    const exited = Promise.withResolvers<void>();
    this.#exits.set(worker, exited.promise);
    let cause: unknown = null;
    worker.on('message', (answer: ReadAnswer) => this.#answer(worker, answer));
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', (code) => {
      this.#exits.delete(worker);
      this.#abandoned.delete(worker);
      exited.resolve();
      this.#lose(worker, cause ?? new Error(`the read worker ended with code ${code}`));
    });
    return worker;
  }

  #answer(worker: Worker, answer: ReadAnswer): void {
    const job = this.#running;
    // An abandoned worker can still answer, but its query has been rejected.
    if (worker !== this.#worker || job === null) return;
    this.#running = null;
    this.#next();
    if ('rows' in answer) job.resolve(deserialize(answer.rows) as readonly unknown[]);
    else job.reject(toReadError(answer.error));
  }

  #abandon(): void {
    if (this.#worker !== null) this.#abandoned.add(this.#worker);
    this.#terminate();
    this.#rejectRunning(tooLong(this.#options.max_query_ms));
    if (this.#abandoned.size >= MAX_ABANDONED) this.#rejectWaiting(tooManyAbandoned);
    this.#next();
  }

  #lose(worker: Worker | null, cause: unknown): void {
    if (worker !== this.#worker) return;
    this.#terminate();
    this.#rejectRunning(workerLost(cause));
    this.#rejectWaiting(() => workerLost(cause));
  }

  #terminate(): void {
    this.#cancelTimer();
    const worker = this.#worker;
    this.#worker = null;
    // Not awaited: it resolves only when the call into SQLite returns. `#exits` tracks that.
    void worker?.terminate();
  }

  #rejectRunning(error: BellwireError): void {
    const job = this.#running;
    this.#running = null;
    job?.reject(error);
  }

  #rejectWaiting(toError: () => BellwireError): void {
    for (const { reject } of this.#waiting.splice(0)) reject(toError());
  }
}
