import { closeSync, fdatasync, fstatSync, openSync, statSync } from 'node:fs';
import type { BellwireError } from '../../core/errors.ts';
import { notSynced } from './storage-error.ts';

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: BellwireError) => void;
}

/**
 * Syncs the write-ahead log of an open database in libuv's thread pool, so that the event loop does not wait for the
 * disk. One sync is in progress at a time; commits that end meanwhile share the next one.
 *
 * After a failed sync the kernel may have dropped the pages, and the next sync "succeeds" without them (Rebello et al.,
 * "Can Applications Recover from fsync Failures?"): no later call succeeds.
 */
export class LogSync {
  readonly #path: string;
  readonly #onBroken: (error: BellwireError) => void;
  /**
   * Open as long as the connection, which keeps SQLite from deleting the log. Closing it drops no lock: SQLite locks the
   * database and its `-shm` file, never the log.
   */
  #descriptor: number | null = null;
  #commits = 0;
  #synced_commits = 0;
  #next: Waiter[] = [];
  #running: Promise<void> | null = null;
  #error: BellwireError | null = null;

  /** `path` of the database file. */
  constructor(path: string, onBroken: (error: BellwireError) => void) {
    this.#path = `${path}-wal`;
    this.#onBroken = onBroken;
  }

  /** The error of the first failed sync. */
  get error(): BellwireError | null {
    return this.#error;
  }

  /** The number of commits that are on the disk. */
  get synced_commits(): number {
    return this.#synced_commits;
  }

  /** Call it after COMMIT. */
  committed(): void {
    this.#commits += 1;
  }

  /**
   * Resolves when every commit so far is on the disk: after a sync that began after the last of them.
   * @throws BellwireError `storage_broken`
   */
  durable(): Promise<void> {
    if (this.#error !== null) return Promise.reject(this.#error);
    if (this.#synced_commits === this.#commits) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#next.push({ resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Whether the file that is synced is the one to which SQLite writes. */
  isCurrent(): boolean {
    if (this.#descriptor === null) return false;
    const synced = fstatSync(this.#descriptor);
    const current = statSync(this.#path, { throwIfNoEntry: false });
    return synced.ino === current?.ino && synced.dev === current.dev;
  }

  /** Call it after the connection is closed. */
  async close(): Promise<void> {
    await this.#running;
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  async #run(): Promise<void> {
    while (this.#next.length > 0) {
      const waiters = this.#next;
      this.#next = [];
      const commits = this.#commits;
      try {
        await this.#sync();
        this.#synced_commits = commits;
        for (const { resolve } of waiters) resolve();
      } catch (error) {
        this.#break(notSynced(error as NodeJS.ErrnoException), waiters);
      }
    }
    this.#running = null;
  }

  #break(error: BellwireError, waiters: readonly Waiter[]): void {
    this.#error = error;
    for (const { reject } of [...waiters, ...this.#next.splice(0)]) reject(error);
    this.#onBroken(error);
  }

  /** On macOS, libuv uses F_FULLFSYNC. */
  #sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      // For writing, because Windows syncs no other descriptor.
      const descriptor = (this.#descriptor ??= openSync(this.#path, 'r+'));
      fdatasync(descriptor, (error) => (error === null ? resolve() : reject(error)));
    });
  }
}
