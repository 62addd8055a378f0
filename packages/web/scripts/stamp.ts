import { createHash } from 'node:crypto';
import { globSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../../', import.meta.url));

/** Everything that the built page depends on. */
const SOURCES = [
  'packages/web/{public,src,scripts}/**/*',
  'packages/web/{index.html,package.json,vite.config.ts}',
  'packages/client/src/**/*',
  'packages/server/src/core/**/*',
  'pnpm-lock.yaml',
];

/** A digest of the sources of the page. It changes when a file changes, appears or disappears. */
export const stampOfSources = (): string => {
  const digest = createHash('sha256');
  const paths = globSync(SOURCES, { cwd: repository }).toSorted();
  for (const path of paths) {
    if (!statSync(repository + path).isFile()) continue;
    digest.update(`${path}\0`).update(readFileSync(repository + path));
  }
  return digest.digest('hex');
};
