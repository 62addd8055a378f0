import { readClientFile } from './client-file.ts';
import { wrongUsage } from './command-error.ts';
import { reachableUrl } from './reachable-url.ts';
import type { Shell } from './shell.ts';

/** Which server, as whom, for which workspace. */
export interface Connection {
  readonly url: string;
  readonly api_key: string | null;
  readonly workspace: string | null;
}

/** What the command line says of it. */
export interface ConnectionFlags {
  readonly url?: string;
  readonly api_key?: string;
  readonly workspace?: string;
}

/** The variables of client commands, which are no settings of the server. */
export const clientVariables: readonly string[] = ['BELLWIRE_URL', 'BELLWIRE_WORKSPACE'];

type Texts = Readonly<Record<string, string | undefined>>;

const DEFAULT = { host: '127.0.0.1', port: '4400' } as const;

const fromEnvironment = (env: Shell['env']): Texts => {
  const names = ['url', 'api_key', 'workspace', 'host', 'port'];
  return Object.fromEntries(names.map((name) => [name, env[`BELLWIRE_${name.toUpperCase()}`] || undefined]));
};

/**
 * Flags, then the environment, then `bellwire.config.ts`, the first that has a value wins. Where nobody names a
 * url it is that of a server with the same settings `host` and `port`.
 * @throws CommandError for a file that cannot be read
 */
export const readConnection = async (flags: ConnectionFlags, shell: Shell): Promise<Connection> => {
  const near: Texts = { ...fromEnvironment(shell.env), ...flags };
  const needs_file = [near['url'], near['api_key'], near['workspace']].includes(undefined);
  const file = needs_file ? await readClientFile(shell.folder) : {};
  const pick = (name: string): string | undefined => near[name] ?? file[name];
  const host = pick('host') ?? DEFAULT.host;
  const port = pick('port') ?? DEFAULT.port;
  return {
    url: (pick('url') ?? reachableUrl(host, port)).replace(/\/+$/, ''),
    api_key: pick('api_key') ?? null,
    workspace: pick('workspace') ?? null,
  };
};

/** @throws CommandError when there is no key */
export const keyOf = ({ api_key }: Connection): string => {
  if (api_key !== null) return api_key;
  throw wrongUsage(
    'There is no API key. Set BELLWIRE_API_KEY, or give --api-key. The first start of a server prints one; an admin key makes more: bellwire keys create NAME.',
  );
};
