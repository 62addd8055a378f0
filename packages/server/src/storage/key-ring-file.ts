import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { BellwireError } from '../core/errors.ts';
import { makeKeyRing } from './cipher.ts';

export interface KeyRingFile {
  readonly ring: string;
  /** True when the file was made just now. */
  readonly made: boolean;
}

const make = (path: string): string => {
  const ring = makeKeyRing();
  // Synced: a power cut must not leave secrets in the database and no key that opens them.
  writeFileSync(path, `${ring}\n`, { mode: 0o600, flag: 'wx', flush: true });
  return ring;
};

/**
 * The key ring in a file that only its owner can read; made when the file is not there.
 * @throws BellwireError `folder_unwritable`; `wrong_encryption_key` when there is no file, and `may_make` is false
 * because something is sealed already: a new key would open nothing and look like the old one.
 */
export const readOrMakeKeyRing = (path: string, may_make: boolean): KeyRingFile => {
  const exists = existsSync(path);
  if (!exists && !may_make) {
    throw new BellwireError(
      'wrong_encryption_key',
      `The file ${path} is missing, and only the key in it opens the secrets in the database. Put it back from your backup, or set BELLWIRE_ENCRYPTION_KEYS; nothing was written.`,
    );
  }
  try {
    return exists
      ? { ring: readFileSync(path, 'utf8').trim(), made: false }
      : { ring: make(path), made: true };
  } catch (error) {
    throw new BellwireError(
      'folder_unwritable',
      `The file ${path} with the encryption keys cannot be ${exists ? 'read' : 'made'} (${error instanceof Error ? error.message : 'unknown error'}). Check that it belongs to you, or set BELLWIRE_ENCRYPTION_KEYS.`,
      { cause: error },
    );
  }
};
