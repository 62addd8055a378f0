import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { BellwireError } from '../core/errors.ts';
import { generateKeyRing } from './cipher.ts';
import { createPrivateFile } from './private-file.ts';

export interface KeyRingFile {
  readonly key_ring: string;
  /** Whether the file was created just now. */
  readonly is_new: boolean;
}

const create = (path: string): string => {
  const key_ring = generateKeyRing();
  // Synced: after a power failure, the database must not have secrets without the key that decrypts them.
  createPrivateFile(path);
  writeFileSync(path, `${key_ring}\n`, { flush: true });
  return key_ring;
};

/** On Windows, the mode says nothing about who may read a file. */
const assertPrivate = (path: string): void => {
  const mode = statSync(path).mode & 0o777;
  if (process.platform === 'win32' || (mode & 0o077) === 0) return;
  throw new BellwireError(
    'key_file_exposed',
    `The key file ${path} can be read by other users (mode ${mode.toString(8)}), and it decrypts every secret in the database. Run: chmod 600 ${path}`,
  );
};

/**
 * Reads the key ring from a file that only its owner can read; creates the file if it does not exist.
 * @throws BellwireError `folder_unwritable`; `key_file_exposed` if others can read it; `wrong_encryption_key` if there is no file and `may_create` is false because
 * the database has encrypted values: a new key would not decrypt them but look like the old one.
 */
export const readOrCreateKeyRing = (path: string, may_create: boolean): KeyRingFile => {
  const exists = existsSync(path);
  if (!exists && !may_create) {
    throw new BellwireError(
      'wrong_encryption_key',
      `The key file ${path} is missing, and the secrets in the database cannot be decrypted without it. Restore it from your backup, or set BELLWIRE_ENCRYPTION_KEYS; nothing was written.`,
    );
  }
  if (exists) assertPrivate(path);
  try {
    return exists
      ? { key_ring: readFileSync(path, 'utf8').trim(), is_new: false }
      : { key_ring: create(path), is_new: true };
  } catch (error) {
    throw new BellwireError(
      'folder_unwritable',
      `The key file ${path} cannot be ${exists ? 'read' : 'created'} (${error instanceof Error ? error.message : 'unknown error'}). Check its permissions, or set BELLWIRE_ENCRYPTION_KEYS.`,
      { cause: error },
    );
  }
};
