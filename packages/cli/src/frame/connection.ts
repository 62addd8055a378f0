import { readClientFile } from './client-file.ts';
import { wrongUsage } from './command-error.ts';
import { reachableUrl } from './reachable-url.ts';
import type { Shell } from './shell.ts';

/** The server, API key and workspace of a command. */
export interface Connection {
  readonly url: string;
  readonly api_key: string | null;
  readonly workspace: string | null;
}

/** Environment variables that only client commands read. */
export const clientVariables: readonly string[] = ['BELLWIRE_URL', 'BELLWIRE_WORKSPACE'];

type Texts = Shell['env'];

const DEFAULT = { host: '127.0.0.1', port: '4400' } as const;

const fromEnvironment = (env: Shell['env']): Texts => {
  const names = ['url', 'api_key', 'workspace', 'host', 'port'];
  return Object.fromEntries(names.map((name) => [name, env[`BELLWIRE_${name.toUpperCase()}`] || undefined]));
};

/**
 * Takes each value from the flags, the environment or `bellwire.config.ts`, in this order. The default URL is that of
 * a server with the same `host` and `port` settings.
 * @throws CommandError if the file cannot be read
 */
export const readConnection = async (flags: Texts, shell: Shell): Promise<Connection> => {
  const specified: Texts = { ...fromEnvironment(shell.env), ...flags };
  const needs_file = [specified['url'], specified['api_key'], specified['workspace']].includes(undefined);
  const file = needs_file ? await readClientFile(shell.folder) : {};
  const pick = (name: string): string | undefined => specified[name] ?? file[name];
  const host = pick('host') ?? DEFAULT.host;
  const port = pick('port') ?? DEFAULT.port;
  return {
    url: (pick('url') ?? reachableUrl(host, port)).replace(/\/+$/, ''),
    api_key: pick('api_key') ?? null,
    workspace: pick('workspace') ?? null,
  };
};

/** @throws CommandError if there is no key */
export const keyOf = ({ api_key }: Connection): string => {
  if (api_key !== null) return api_key;
  throw wrongUsage(
    'There is no API key. Set BELLWIRE_API_KEY or use --api-key. The first start of a server prints a key, or the path of a file with it; with an admin key, create more: bellwire keys create NAME.',
  );
};
