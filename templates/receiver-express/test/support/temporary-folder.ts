import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];

process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own, removed when the tests of this file are done. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'receiver-express-test-'));
  folders.push(folder);
  return folder;
};
