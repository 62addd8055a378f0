import { resolve } from 'node:path';
import { type Bellwire, type Config, type Listening, VERSION } from '@bellwire/server';
import { reachableUrl } from './frame/reachable-url.ts';

export interface Greeting {
  readonly bellwire: Bellwire;
  readonly config: Config;
  readonly listening: Listening;
  readonly local: boolean;
}

const INBOX = 'first';

const say = (lines: readonly string[]): void => {
  process.stdout.write(`${lines.join('\n')}\n`);
};

const firstKey = async ({ bellwire, config }: Greeting): Promise<string> => {
  if (config.api_key !== undefined) return config.api_key;
  const { api_key } = await bellwire.apiKeys.create({ name: 'first', scope: 'admin' });
  return api_key;
};

const firstHook = async ({ bellwire }: Greeting, url: string): Promise<void> => {
  const hook = await bellwire.hooks.create({ url, events: ['*'], name: 'inbox' });
  await bellwire.hooks.ping(hook.id);
};

const curl = (url: string, key: string): readonly string[] => {
  // A shell puts the value of a variable only between double quotes.
  const quote = key.startsWith('$') ? '"' : "'";
  return [
    `  curl -s ${url}/v1/events \\`,
    `    -H ${quote}Authorization: Bearer ${key}${quote} \\`,
    `    -H 'Content-Type: application/json' \\`,
    `    -d '{"type": "order.created", "data": {"order": {"id": 123, "total": 499}}}'`,
  ];
};

const onTheFirstStart = async (greeting: Greeting, url: string): Promise<void> => {
  const { bellwire, config, local } = greeting;
  const key = await firstKey(greeting);
  const inbox = `${url}/inbox/${INBOX}`;
  if (config.inbox && local) await firstHook(greeting, inbox);
  const own =
    config.api_key === undefined
      ? `${key}   (shown this once; only its hash is kept)`
      : 'the one in your configuration';
  say([
    '',
    `  API key   ${own}`,
    `  data      ${resolve(bellwire.database_path)}`,
    ...(bellwire.created_key_file === null
      ? []
      : [
          `  keys      ${resolve(bellwire.created_key_file)}   (opens the secrets in the data: back it up, apart from them)`,
        ]),
    ...(config.inbox && local
      ? [`  inbox     ${inbox}   (has a hook to it, and a signed ping already)`]
      : []),
    `  docs      ${url}/docs   (every call, with a curl for each)`,
    '',
    config.inbox && local
      ? 'Send an event; it is in the inbox, verified, within a second:'
      : 'Send an event:',
    '',
    ...curl(url, config.api_key === undefined ? key : '$BELLWIRE_API_KEY'),
    '',
  ]);
};

/** Says where the server is; on the very first start everything that a person needs to go on, too. */
export const greet = async (greeting: Greeting): Promise<void> => {
  const { bellwire, config, listening, local } = greeting;
  const url = reachableUrl(listening.host, listening.port);
  say([`Bellwire ${VERSION} is running at ${url}`]);
  if (local && config.allow_networks !== undefined) {
    say([`Receivers in ${config.allow_networks.join(', ')} are allowed although they are not public.`]);
  }
  if (bellwire.is_first_start) await onTheFirstStart(greeting, url);
};
