import { resolve } from 'node:path';
import { type Bellwire, type Config, type Listening, VERSION } from '@bellwire/server';
import { reachableUrl } from './frame/reachable-url.ts';

export interface Greeting {
  readonly bellwire: Bellwire;
  readonly config: Config;
  readonly listening: Listening;
  readonly local: boolean;
}

const print = (...lines: readonly string[]): void => {
  process.stdout.write(`${lines.join('\n')}\n`);
};

const curl = (url: string, key: string): readonly string[] => {
  // A shell expands variables only inside double quotes.
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

const greetFirstStart = async ({ bellwire, config, local }: Greeting, url: string): Promise<void> => {
  const inbox = config.inbox && local ? `${url}/inbox/first` : null;
  const created =
    config.api_key === undefined ? await bellwire.apiKeys.create({ name: 'first', scope: 'admin' }) : null;
  if (inbox !== null) await openInbox(bellwire, inbox);
  const key_file = bellwire.created_key_file;
  print(
    '',
    created === null
      ? '  API key   the one in your configuration'
      : `  API key   ${created.api_key}   (shown once; only its hash is stored)`,
    `  data      ${resolve(bellwire.database_path)}`,
    ...(key_file === null
      ? []
      : [`  keys      ${resolve(key_file)}   (decrypts the stored secrets; back it up separately)`]),
    ...(inbox === null ? [] : [`  inbox     ${inbox}   (has a hook and a signed ping)`]),
    `  docs      ${url}/docs   (API reference with a curl example for every call)`,
    '',
    inbox === null ? 'Send an event:' : 'Send an event; the inbox shows it, verified, within a second:',
    '',
    ...curl(url, created?.api_key ?? '$BELLWIRE_API_KEY'),
    '',
  );
};

/** Prints the URL of the server and, on the first start, the API key and an example. */
export const greet = async (greeting: Greeting): Promise<void> => {
  const { bellwire, config, listening, local } = greeting;
  const url = reachableUrl(listening.host, listening.port);
  print(`Bellwire ${VERSION} is running at ${url}`);
  if (local && config.allow_networks !== undefined) {
    print(`Receivers in ${config.allow_networks.join(', ')} are allowed.`);
  }
  if (bellwire.is_first_start) await greetFirstStart(greeting, url);
};
