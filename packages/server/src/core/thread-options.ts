import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';

/**
 * Options of a worker thread that inherits neither the environment of this process, which has the encryption keys, nor its
 * flags, such as the inspector's. It knows where Node keeps compiled code: otherwise each thread would load a compiler for
 * TypeScript, which takes about 20 MB.
 */
export const threadOptions = (): {
  readonly env: Readonly<Record<string, string>>;
  readonly execArgv: string[];
} => {
  const folder = getCompileCacheDir();
  // Node adds a folder for its version.
  return { env: folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) }, execArgv: [] };
};
