import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { makeKeyRing } from './cipher.ts';

export interface KeyRingFile {
  readonly ring: string;
  /** True when the file was made just now. */
  readonly made: boolean;
}

/** The key ring in a file that only its owner can read; made when the file is not there. */
export const readOrMakeKeyRing = (path: string): KeyRingFile => {
  if (existsSync(path)) return { ring: readFileSync(path, 'utf8').trim(), made: false };
  const ring = makeKeyRing();
  writeFileSync(path, `${ring}\n`, { mode: 0o600, flag: 'wx' });
  return { ring, made: true };
};
