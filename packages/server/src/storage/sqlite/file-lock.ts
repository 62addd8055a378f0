import DatabaseConstructor, { type Database } from 'better-sqlite3';
import { BellwireError } from '../../core/errors.ts';
import { cannotOpen } from './database.ts';

export interface FileLock {
  readonly release: () => void;
}

const openLock = (path: string): Database => {
  try {
    return new DatabaseConstructor(`${path}-lock`);
  } catch (error) {
    throw cannotOpen(path, error);
  }
};

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY';

/**
 * Makes this process the only Bellwire on a database file. The lock is SQLite's own on a file beside it, so it is
 * gone with the process, also after kill -9.
 * @throws BellwireError `database_in_use` at once when another process holds it, `folder_unwritable`.
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
      `Another Bellwire process is using ${path}. Stop it first, or give this one a database of its own with BELLWIRE_DATABASE_URL=file:/path/to/another.db`,
      { cause: error },
    );
  }
  return { release: () => lock.close() };
};
