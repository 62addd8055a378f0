import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

export const CONFIG_FILE = 'bellwire.config.ts';

const SERVER = '@bellwire/server';

/** The default export of the file, or the reason why it cannot be used. */
export type LoadedConfig =
  | { readonly exported: object }
  | { readonly problem: string; readonly cause?: unknown };

const load = async (path: string, server_url: string): Promise<unknown> => {
  // The file imports this server, wherever the file is and whatever is installed there.
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === SERVER ? { url: server_url, shortCircuit: true } : next(specifier, context),
  });
  try {
    const module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
    return module.default;
  } finally {
    hooks.deregister();
  }
};

/** Loads `bellwire.config.ts` in a folder; null if there is none. Its `@bellwire/server` is the module at `server_url`. */
export const loadConfig = async (folder: string, server_url: string): Promise<LoadedConfig | null> => {
  const path = resolve(folder, CONFIG_FILE);
  if (!existsSync(path)) return null;
  try {
    const exported = await load(path, server_url);
    return typeof exported === 'object' && exported !== null
      ? { exported }
      : { problem: 'must have a default export, like: export default { port: 4500 }' };
  } catch (cause) {
    return { problem: `cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, cause };
  }
};
