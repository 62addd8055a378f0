import { wrongUsage } from './command-error.ts';
import { CONFIG_FILE, loadConfig } from './load-config.ts';
import { SERVER_STAND_IN } from './server-stand-in.ts';

/** The fields that client commands read. The server also uses the last three. */
const FIELDS = new Set(['url', 'workspace', 'api_key', 'host', 'port']);

/**
 * Reads the connection fields of `bellwire.config.ts` in a folder. The result is empty if there is no such file.
 * @throws CommandError
 */
export const readClientFile = async (
  folder: string,
): Promise<Readonly<Record<string, string | undefined>>> => {
  const loaded = await loadConfig(folder, SERVER_STAND_IN);
  if (loaded === null) return {};
  if ('problem' in loaded) throw wrongUsage(`${CONFIG_FILE} ${loaded.problem}`, loaded.cause);
  const fields = Object.entries<unknown>({ ...loaded.exported }).filter(
    ([name, value]) => FIELDS.has(name) && (typeof value === 'string' || typeof value === 'number'),
  );
  return Object.fromEntries(fields.map(([name, value]) => [name, String(value)]));
};
