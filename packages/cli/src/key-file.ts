import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes an API key to a new file that only its owner can read, in place of an older one. */
export const writeKeyFile = (path: string, api_key: string): void => {
  // With PostgreSQL and configured encryption keys, nothing else has needed the folder.
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  writeFileSync(path, `${api_key}\n`, { mode: 0o600, flag: 'wx' });
  // The umask may have taken bits away.
  chmodSync(path, 0o600);
};
