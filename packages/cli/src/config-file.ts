import { BellwireError, type Dialect, type SettingTexts, settingNames } from '@bellwire/server';
import { CONFIG_FILE, loadConfig } from './frame/load-config.ts';

const SERVER_URL = import.meta.resolve('@bellwire/server');

/** What stands there for client commands alone. */
const FOR_CLIENTS = new Set(['url', 'workspace']);

/** What `bellwire.config.ts` says: settings by their names, and dialects of one's own. */
export interface FileConfig {
  readonly settings: SettingTexts;
  readonly dialects: readonly Dialect[];
}

const wrong = (what: string, cause?: unknown) =>
  new BellwireError('config_invalid', `${CONFIG_FILE} ${what}`, cause === undefined ? {} : { cause });

const isDialect = (value: unknown): value is Dialect =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';

/**
 * Reads `bellwire.config.ts` in a folder; empty when there is none.
 * @throws BellwireError `config_invalid`
 */
export const readConfigFile = async (folder: string): Promise<FileConfig> => {
  const loaded = await loadConfig(folder, SERVER_URL);
  if (loaded === null) return { settings: {}, dialects: [] };
  if ('wrong' in loaded) throw wrong(loaded.wrong, loaded.cause);
  const { dialects = [], ...settings } = loaded.exported as { readonly dialects?: unknown };
  if (!Array.isArray(dialects) || !dialects.every(isDialect)) {
    throw wrong('has "dialects" that are no list of what defineDialect() answers');
  }
  const known: readonly string[] = settingNames;
  const named = Object.entries(settings).filter(([name]) => !FOR_CLIENTS.has(name));
  const stranger = named.find(([name]) => !known.includes(name));
  if (stranger !== undefined) {
    throw wrong(`has "${stranger[0]}", which is no setting. Known settings: ${known.join(', ')}.`);
  }
  const texts = named.map(([name, value]) => [name, String(value)]);
  return { settings: Object.fromEntries(texts) as SettingTexts, dialects };
};
