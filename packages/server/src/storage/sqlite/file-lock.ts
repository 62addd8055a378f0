import DatabaseConstructor, { type Database } from 'better-sqlite3';
import { BellwireError } from '../../core/errors.ts';
import { createPrivateFile } from '../private-file.ts';
import { cannotOpen } from './database.ts';

export interface FileLock {
  readonly release: () => void;
}

const openLock = (path: string): Database => {
  try {
    const lock = `${path}-lock`;
    if (path !== ':memory:') createPrivateFile(lock);
    return new DatabaseConstructor(lock);
  } catch (error) {
    throw cannotOpen(path, error);
  }
};

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY';

/**
 * Locks a database file for this process. The lock is SQLite's own, on a file next to it, so it ends with the process,
 * even after kill -9.
 * @throws BellwireError `database_in_use` immediately if another process holds the lock, `folder_unwritable`.
 */
export const lockDatabaseFile = (path: string): FileLock => {
  const lock = openLock(path);
  try {
    lock.pragma('busy_timeout = 0');
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw cannotOpen(path, error);
    throw new BellwireError(
      'database_in_use',
      `Another Bellwire process is using ${path}. Stop it first, or use another database with BELLWIRE_DATABASE_URL=file:/path/to/another.db`,
      { cause: error },
    );
  }
  return { release: () => lock.close() };
};
