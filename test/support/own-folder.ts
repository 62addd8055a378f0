import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

// With PostgreSQL, a server keeps its files in a folder of the working folder.
const before = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'bellwire-test-'));
process.chdir(folder);

afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});
