import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BellwireError, type Dialect, type SettingTexts, settingNames } from '@bellwire/server';

const FILE = 'bellwire.config.ts';
const SERVER = '@bellwire/server';
const SERVER_URL = import.meta.resolve(SERVER);

/** What `bellwire.config.ts` says: settings by their names, and dialects of one's own. */
export interface FileConfig {
  readonly settings: SettingTexts;
  readonly dialects: readonly Dialect[];
}

const wrong = (what: string, cause?: unknown) =>
  new BellwireError('config_invalid', `${FILE} ${what}`, cause === undefined ? {} : { cause });

const load = async (path: string): Promise<unknown> => {
  // The server that reads the file is the one that the file imports, wherever it lies and whatever is installed there.
  const hooks = registerHooks({
    resolve: (specifier, context, next) => next(specifier === SERVER ? SERVER_URL : specifier, context),
  });
  try {
    const module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
    return module.default;
  } catch (error) {
    throw wrong(`cannot be loaded: ${error instanceof Error ? error.message : String(error)}`, error);
  } finally {
    hooks.deregister();
  }
};

const isDialect = (value: unknown): value is Dialect =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';

/**
 * Reads `bellwire.config.ts` in a folder; empty when there is none.
 * @throws BellwireError `config_invalid`
 */
export const readConfigFile = async (folder: string): Promise<FileConfig> => {
  const path = resolve(folder, FILE);
  if (!existsSync(path)) return { settings: {}, dialects: [] };
  const exported = await load(path);
  if (typeof exported !== 'object' || exported === null) {
    throw wrong('must have a default export, like: export default { port: 4500 }');
  }
  const { dialects = [], ...settings } = exported as { readonly dialects?: unknown };
  if (!Array.isArray(dialects) || !dialects.every(isDialect)) {
    throw wrong('has "dialects" that are no list of what defineDialect() answers');
  }
  const known: readonly string[] = settingNames;
  const stranger = Object.keys(settings).find((name) => !known.includes(name));
  if (stranger !== undefined)
    throw wrong(`has "${stranger}", which is no setting. Known are: ${known.join(', ')}.`);
  const texts = Object.entries(settings).map(([name, value]) => [name, String(value)]);
  return { settings: Object.fromEntries(texts) as SettingTexts, dialects };
};
