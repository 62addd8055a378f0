import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';

/**
 * The environment of a worker thread: only where Node keeps the compiled code of this process. Without it, each thread
 * loads a compiler for TypeScript, which takes about 20 MB.
 */
export const threadEnvironment = (): Readonly<Record<string, string>> => {
  const folder = getCompileCacheDir();
  // Node adds a folder for its version.
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
};
