import { chmodSync, rmSync, writeFileSync } from 'node:fs';

/** Writes an API key to a new file that only its owner can read, in place of an older one. */
export const writeKeyFile = (path: string, api_key: string): void => {
  rmSync(path, { force: true });
  writeFileSync(path, `${api_key}\n`, { mode: 0o600, flag: 'wx' });
  // The umask may have taken bits away.
  chmodSync(path, 0o600);
};
