import { join } from 'node:path';
import { BlockList, isIP } from 'node:net';
import { type Bellwire, type Config, type Listening, VERSION } from '@bellwire/server';
import { reachableUrl } from './frame/reachable-url.ts';
import { writeKeyFile } from './key-file.ts';

export interface Greeting {
  readonly bellwire: Bellwire;
  readonly config: Config;
  readonly listening: Listening;
  readonly local: boolean;
}

/** How an admin key is shown, and how a shell gets it. */
interface ShownKey {
  readonly line: string;
  readonly in_shell: string;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const isLoopback = (host: string): boolean =>
  host === 'localhost' || (isIP(host) !== 0 && loopback.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6'));

const print = (...lines: readonly string[]): void => {
  process.stdout.write(`${lines.join('\n')}\n`);
};

const curl = (url: string, key: string): readonly string[] => {
  // A shell expands variables and commands only inside double quotes.
  const quote = key.startsWith('$') ? '"' : "'";
  return [
    `  curl -s ${url}/v1/events \\`,
    `    -H ${quote}Authorization: Bearer ${key}${quote} \\`,
    `    -H 'Content-Type: application/json' \\`,
    `    -d '{"type": "order.created", "data": {"order": {"id": 123, "total": 499}}}'`,
  ];
};

/** Creates a hook for the inbox, and pings it. */
const openInbox = async ({ hooks }: Bellwire, url: string): Promise<void> => {
  const { id } = await hooks.create({ url, events: ['*'], name: 'inbox' });
  await hooks.ping(id);
};

/**
 * Creates the first key. It is printed only for people: to a terminal, or by a server for local development. Any other
 * output may end up in a log, so the key is written to a file.
 */
const createFirstKey = async ({ bellwire, listening, local }: Greeting): Promise<ShownKey> => {
  const { id, api_key } = await bellwire.apiKeys.create({ name: 'first', scope: 'admin' });
  if (process.stdout.isTTY || (local && isLoopback(listening.host))) {
    return { line: `${api_key}   (shown once; only its hash is stored)`, in_shell: api_key };
  }
  const path = join(bellwire.data_folder, 'api-key');
  try {
    writeKeyFile(path, api_key);
  } catch (error) {
    await bellwire.apiKeys.delete(id);
    throw error;
  }
  return {
    line: `in ${path}   (move it to a safe place; only its hash is stored)`,
    in_shell: `$(cat '${path}')`,
  };
};

const CONFIGURED: ShownKey = { line: 'the one in your configuration', in_shell: '$BELLWIRE_API_KEY' };
const LOST: ShownKey = {
  line: 'the one of the first start. Is it lost? Start once with BELLWIRE_API_KEY set to a new one (at least 16 characters)',
  in_shell: '$BELLWIRE_API_KEY',
};

const keyOf = async (greeting: Greeting): Promise<ShownKey> => {
  if (greeting.config.api_key !== undefined) return CONFIGURED;
  return greeting.bellwire.is_first_start ? createFirstKey(greeting) : LOST;
};

/** Prints the URL of the server, the key, the links and an example. The first start also creates the key and the inbox. */
export const greet = async (greeting: Greeting): Promise<void> => {
  const { bellwire, config, listening, local } = greeting;
  const url = reachableUrl(listening.host, listening.port);
  print(`Bellwire ${VERSION} is running at ${url}`);
  if (local && config.allow_networks !== undefined) {
    print(`Receivers in ${config.allow_networks.join(', ')} are allowed.`);
  }
  const key = await keyOf(greeting);
  const inbox = config.inbox && local ? `${url}/inbox/first` : null;
  const is_new = bellwire.is_first_start;
  if (inbox !== null && is_new) await openInbox(bellwire, inbox);
  const key_file = bellwire.created_key_file;
  const console_url = config.public_url ?? url;
  const console_line =
    local && isLoopback(listening.host)
      ? `${console_url}/signin#${await bellwire.createSignInLink()}   (signs one browser in, once)`
      : `${console_url}/   (sign in with the API key)`;
  print(
    '',
    `  API key   ${key.line}`,
    `  console   ${console_line}`,
    `  data      ${bellwire.database_path}`,
    ...(key_file === null
      ? []
      : [`  keys      ${key_file}   (decrypts the stored secrets; back it up separately)`]),
    ...(inbox === null ? [] : [`  inbox     ${inbox}${is_new ? '   (has a hook and a signed ping)' : ''}`]),
    `  docs      ${url}/docs   (API reference with a curl example for every call)`,
    '',
  );
  // A server that is not for local development shows it once: its later starts are restarts.
  if (!is_new && !local) return;
  print(
    inbox === null ? 'Send an event:' : 'Send an event; the inbox shows it, verified, within a second:',
    '',
    ...curl(url, key.in_shell),
    '',
  );
};
