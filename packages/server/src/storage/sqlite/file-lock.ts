import DatabaseConstructor from 'better-sqlite3';
import { BellwireError } from '../../core/errors.ts';

export interface FileLock {
  readonly release: () => void;
}

/**
 * Makes this process the only Bellwire on a database file. The lock is SQLite's own on a file beside it, so it is
 * gone with the process, also after kill -9.
 * @throws BellwireError `database_in_use` at once when another process holds it.
 */
export const lockDatabaseFile = (path: string): FileLock => {
  const lock = new DatabaseConstructor(`${path}-lock`);
  try {
    lock.pragma('busy_timeout = 0');
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    throw new BellwireError(
      'database_in_use',
      `Another Bellwire process is using ${path}. Stop it first, or give this one a database of its own with BELLWIRE_DATABASE_URL=file:/path/to/another.db`,
      { cause: error },
    );
  }
  return { release: () => lock.close() };
};
