import { closeSync, fdatasync, openSync } from 'node:fs';
import { notSynced } from './storage-error.ts';

/** A database file, for what SQLite does not do itself. Opens it on first use. */
export class DatabaseFile {
  readonly #path: string;
  #descriptor: number | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** For reading and writing. */
  get descriptor(): number {
    return (this.#descriptor ??= openSync(this.#path, 'r+'));
  }

  /**
   * Resolves when everything written to the file so far is on the disk. Runs in libuv's thread pool.
   * @throws BellwireError `storage_broken`
   */
  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fdatasync(this.descriptor, (error) => (error === null ? resolve() : reject(notSynced(error))));
    });
  }

  /**
   * Call it after every connection of this process to the file has been closed: closing any descriptor of a file drops all
   * locks of the process on it, those of SQLite included.
   */
  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }
}
