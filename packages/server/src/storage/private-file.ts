import { chmodSync, closeSync, fchmodSync, mkdirSync, openSync } from 'node:fs';

/** Only the owner of the process may read and write it. */
const MODE = 0o600;

/**
 * Creates an empty file for its owner alone, whatever the umask. An existing file is left as it is, and not opened: closing
 * a descriptor would drop the locks that SQLite has on it.
 */
export const createPrivateFile = (path: string): void => {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'wx', MODE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  try {
    fchmodSync(descriptor, MODE);
  } finally {
    closeSync(descriptor);
  }
};

/** Creates a folder for its owner alone, with the folders above it. An existing one is left as it is. */
export const createPrivateFolder = (path: string): void => {
  const created = mkdirSync(path, { recursive: true, mode: 0o700 });
  if (created !== undefined) chmodSync(path, 0o700);
};
