import { BellwireError, type Dialect, type SettingTexts, settingNames } from '@bellwire/server';
import { CONFIG_FILE, loadConfig } from './frame/load-config.ts';

const SERVER_URL = import.meta.resolve('@bellwire/server');

/** Fields that only client commands read. */
const CLIENT_FIELDS = new Set(['url', 'workspace']);

/** The content of `bellwire.config.ts`: settings by name, and custom dialects. */
export interface FileConfig {
  readonly settings: SettingTexts;
  readonly dialects: readonly Dialect[];
}

const invalid = (problem: string, cause?: unknown) =>
  new BellwireError('config_invalid', `${CONFIG_FILE} ${problem}`, cause === undefined ? {} : { cause });

const isDialect = (value: unknown): value is Dialect =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';

/**
 * Reads `bellwire.config.ts` in a folder. The result is empty if there is no such file.
 * @throws BellwireError `config_invalid`
 */
export const readConfigFile = async (folder: string): Promise<FileConfig> => {
  const loaded = await loadConfig(folder, SERVER_URL);
  if (loaded === null) return { settings: {}, dialects: [] };
  if ('problem' in loaded) throw invalid(loaded.problem, loaded.cause);
  const { dialects = [], ...settings } = loaded.exported as { readonly dialects?: unknown };
  if (!Array.isArray(dialects) || !dialects.every(isDialect)) {
    throw invalid('has a "dialects" field that is not a list of defineDialect() results');
  }
  const known: readonly string[] = settingNames;
  const named = Object.entries(settings).filter(([name]) => !CLIENT_FIELDS.has(name));
  const unknown = named.find(([name]) => !known.includes(name));
  if (unknown !== undefined) {
    throw invalid(`has an unknown setting "${unknown[0]}". Known settings: ${known.join(', ')}.`);
  }
  const texts = named.map(([name, value]) => [name, String(value)]);
  return { settings: Object.fromEntries(texts) as SettingTexts, dialects };
};
