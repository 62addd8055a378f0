import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder that all test files of a run share, for files that are expensive to create. */
    readonly shared_folder: string;
  }
}

export default async ({ provide }: TestProject) => {
  const folder = await mkdtemp(join(tmpdir(), 'bellwire-tests-'));
  provide('shared_folder', folder);
  return () => rm(folder, { recursive: true, force: true });
};
