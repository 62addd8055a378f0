import { Worker } from 'node:worker_threads';
import type { Database, Statement } from 'better-sqlite3';
import type { BellwireError } from '../../core/errors.ts';
import { threadOptions } from '../../core/thread-options.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DatabaseFile } from './database-file.ts';
import { toStorageError } from './storage-error.ts';

/** The checkpoint worker's settings, as plain data. */
export interface CheckpointSettings {
  /** The database file. */
  readonly path: string;
}

/**
 * `copy`: copies what no reader needs into the database, while the writer continues. `restart`: copies the rest and
 * begins the log again; `empty` truncates it instead, and a `begin` must follow. The writer must wait for the last three.
 */
export type CheckpointRequest = 'copy' | 'restart' | 'empty' | 'begin';

export interface CheckpointResult {
  /** A reader prevented it. */
  readonly is_busy: boolean;
  /** Pages in the log. */
  readonly frames: number;
  /** Those of them that are in the database file. */
  readonly copied: number;
}

/** The reply to each request. */
export type CheckpointAnswer =
  | CheckpointResult
  | { readonly error: { readonly code: string | null; readonly message: string } };

export interface CheckpointerOptions {
  readonly raw: Database;
  readonly file: Pick<DatabaseFile, 'sync'>;
  /** Runs work while no transaction is open and none begins. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  /** Null: the thread, once started, stays until `close`. */
  readonly clock: Pick<Clock, 'after'> | null;
  /** The database can no longer be trusted. */
  readonly onBroken: (error: BellwireError) => void;
}

/** Pages of the log that begin a checkpoint: 16 MB. Fewer would restart the log, for which writers wait, more often. */
export const CHECKPOINT_FRAMES = 4_000;

/** A copy of no more pages than this ends the copying: 1 MB. */
const REST_FRAMES = 256;

/** The limit of copies for each checkpoint, if the log grows faster than it is copied. */
const COPIES_MAX = 4;

/** The length of the log is read once for this many commits, because that costs as much as the rest of a small commit. */
const COMMITS = 8;

/** The thread ends after this time without a request. */
export const IDLE_MS = 30_000;

/** For young objects only: Node allows them 96 MiB in each thread. */
const LIMITS = { maxYoungGenerationSizeMb: 3 } as const;

/** This module and the worker's are TypeScript in the repository and JavaScript in the published package. */
const workerUrl = (): URL =>
  new URL(
    import.meta.url.endsWith('.ts') ? './checkpoint-worker.ts' : './checkpoint-worker.js',
    import.meta.url,
  );

interface Waiter {
  readonly resolve: (answer: CheckpointAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Checkpoints the write-ahead log in a thread of its own, which starts with the first checkpoint and ends when it is idle.
 * Writers wait only for the end of each checkpoint, without blocking the event loop. That also bounds the log: it grows only as long as a
 * reader, such as a backup, needs it.
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  readonly #countFrames: Statement<[], { readonly log: number }>;
  readonly #waiters: Waiter[] = [];
  #worker: Worker | null = null;
  #running: Promise<void> | null = null;
  #next_at = CHECKPOINT_FRAMES;
  #commits = 0;
  #cancelIdle: () => void = () => {};
  /** The end of the last thread that was idle. */
  #ending: Promise<unknown> | null = null;
  #is_closed = false;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    options.raw.pragma('wal_autocheckpoint = 0');
    this.#countFrames = options.raw.prepare('pragma wal_checkpoint(NOOP)');
  }

  /** Call it after COMMIT, before the next transaction. Begins a checkpoint if the log is long enough, within 8 commits. */
  committed(): void {
    if (this.#running !== null || this.#is_closed) return;
    this.#commits = (this.#commits + 1) % COMMITS;
    if (this.#commits !== 0) return;
    const frames = this.#countFrames.get()?.log ?? 0;
    if (frames < this.#next_at) return;
    this.#running = this.#run(frames).finally(() => {
      this.#running = null;
    });
  }

  /** Runs `work` while the log is empty and the writer waits. Null if a reader needs the log. */
  withEmptyLog<T>(work: () => T): Promise<T | null> {
    return this.#options.alone(async () => {
      if ((await this.#request('empty')).is_busy) return null;
      try {
        return work();
      } finally {
        await this.#request('begin');
      }
    });
  }

  /** Resolves when the thread has ended. Call it before the writer is closed. */
  async close(): Promise<void> {
    this.#is_closed = true;
    await this.#running;
    this.#cancelIdle();
    await this.#ending;
    await this.#end();
  }

  async #run(frames: number): Promise<void> {
    const { alone, onBroken } = this.#options;
    try {
      await this.#copy();
      const restarted = await alone(() => this.#request('restart'));
      this.#next_at = CHECKPOINT_FRAMES + (restarted.is_busy ? restarted.frames : 0);
    } catch (cause) {
      // On a full disk, for example: the log keeps everything, and the next checkpoint copies it.
      this.#next_at = frames + CHECKPOINT_FRAMES;
      const error = toStorageError(cause);
      if (error.code === 'storage_broken') onBroken(error);
    }
  }

  /**
   * Copies the log and syncs the copy until little is left, while the writer continues. What `restart` has to copy and to
   * sync is what writers wait for.
   */
  async #copy(): Promise<void> {
    let before = 0;
    for (let copies = 0; copies < COPIES_MAX; copies += 1) {
      const { copied } = await this.#request('copy');
      await this.#options.file.sync();
      if (copied - before <= REST_FRAMES) return;
      before = copied;
    }
  }

  async #request(request: CheckpointRequest): Promise<CheckpointResult> {
    this.#cancelIdle();
    const worker = (this.#worker ??= this.#start());
    const answer = await new Promise<CheckpointAnswer>((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      worker.ref();
      worker.postMessage(request);
    });
    if ('error' in answer) throw Object.assign(new Error(answer.error.message), { code: answer.error.code });
    // In every other state, the worker has a snapshot open, or a request follows.
    if ((request === 'restart' || request === 'begin') && !answer.is_busy) this.#endWhenIdle();
    return answer;
  }

  #endWhenIdle(): void {
    const { clock } = this.#options;
    if (clock === null) return;
    this.#cancelIdle = clock.after(IDLE_MS, () => void this.#end(), { keeps_alive: false });
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    if (worker === null) return;
    this.#ending = worker.terminate();
    await this.#ending;
  }

  #start(): Worker {
    const workerData: CheckpointSettings = { path: this.#options.raw.name };
    const worker = new Worker(workerUrl(), { ...threadOptions(), workerData, resourceLimits: LIMITS });
    let cause: unknown = null;
    worker.on('message', (answer: CheckpointAnswer) => {
      this.#waiters.shift()?.resolve(answer);
      if (this.#waiters.length === 0) worker.unref();
    });
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', (code) => {
      // One that was ended has no requests left.
      if (this.#worker !== worker) return;
      this.#worker = null;
      const error = cause ?? new Error(`the checkpoint worker ended with code ${code}`);
      for (const { reject } of this.#waiters.splice(0)) reject(error);
    });
    return worker;
  }
}
