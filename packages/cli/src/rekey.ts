import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  type Bellwire,
  BellwireError,
  createBellwire,
  type EncryptionKeys,
  readConfig,
  type Verbs,
} from '@bellwire/server';
import { Command } from 'commander';
import { readConfigFile } from './config-file.ts';
import { toCommandError } from './frame/api-error.ts';
import { failure } from './frame/command-error.ts';
import { keyOf, readConnection } from './frame/connection.ts';
import { createOut, type Out } from './frame/out.ts';
import type { Shell } from './frame/shell.ts';
import type { Style } from './print/style.ts';
import { printTable } from './print/table.ts';

interface Options {
  readonly databaseUrl?: string;
  readonly url?: string;
  readonly apiKey?: string;
  readonly json?: boolean;
}

/** The calls, of a server or of the database itself. */
type System = Pick<Verbs['system'], 'encryptionKeys' | 'rekey'>;

interface Result extends EncryptionKeys {
  readonly rekeyed: number;
  readonly unreadable: readonly string[];
}

type Key = EncryptionKeys['keys'][number];

const columns = [
  { title: 'KEY', of: ({ id }: Key) => id },
  { title: 'VALUES', of: ({ values }: Key) => values },
  { title: 'IN RING', of: ({ is_in_ring }: Key) => (is_in_ring ? 'yes' : 'no') },
  { title: 'CURRENT', of: ({ is_current }: Key) => (is_current ? 'yes' : 'no') },
] as const;

const adviceOn = (keys: readonly Key[]): readonly string[] => {
  const removable = keys.filter(({ is_removable }) => is_removable).map(({ id }) => id);
  if (removable.length > 0) {
    return [
      `Nothing in the database needs ${removable.join(', ')} anymore. Remove it from BELLWIRE_ENCRYPTION_KEYS (or the key file) and restart the server.`,
      'Keep a copy as long as you keep backups from before.',
    ];
  }
  return keys.length > 1
    ? []
    : ['To rotate the key, put a new one in front of it, restart the server, and run this command again.'];
};

const print = ({ rekeyed, keys }: Result, style: Style): string =>
  [
    `Encrypted ${rekeyed} values again with the key ${keys.find(({ is_current }) => is_current)?.id}.`,
    '',
    printTable(keys, columns, style).trimEnd(),
    '',
    ...adviceOn(keys),
  ].join('\n');

const rekey = async (system: System, out: Out): Promise<Result> => {
  const unreadable: string[] = [];
  let rekeyed = 0;
  let after: string | null = null;
  do {
    const slice: Awaited<ReturnType<System['rekey']>> = await system.rekey(after === null ? {} : { after });
    rekeyed += slice.rekeyed;
    unreadable.push(...slice.unreadable);
    after = slice.next;
    if (after !== null && slice.rekeyed > 0) out.note(`${rekeyed} values…`);
  } while (after !== null);
  return { rekeyed, unreadable, keys: (await system.encryptionKeys()).keys };
};

/** Opens the database without a server. Null if there is none here, or if a server uses it. */
const openDatabase = async (shell: Shell, database_url: string | undefined): Promise<Bellwire | null> => {
  const file = await readConfigFile(shell.folder);
  const config = readConfig(
    { database_url },
    {
      database_url: shell.env['BELLWIRE_DATABASE_URL'] || undefined,
      encryption_keys: shell.env['BELLWIRE_ENCRYPTION_KEYS'] || undefined,
    },
    { database_url: file.settings.database_url, encryption_keys: file.settings.encryption_keys },
    // Nothing is sent: the database is only opened.
    { log_level: 'silent', sender_thread: 'false' },
  );
  const path = resolve(shell.folder, config.database_url.replace(/^file:/, ''));
  if (!existsSync(path)) return null;
  try {
    return await createBellwire({ ...config, database_url: `file:${path}` }, { dialects: file.dialects });
  } catch (error) {
    if (error instanceof BellwireError && error.code === 'database_in_use') return null;
    throw error;
  }
};

const connect = async (shell: Shell, { url, apiKey }: Options): Promise<System> => {
  const flags = {
    ...(url === undefined ? {} : { url }),
    ...(apiKey === undefined ? {} : { api_key: apiKey }),
  };
  const connection = await readConnection(flags, shell);
  const { createClient } = await import('@bellwire/client');
  return createClient({ url: connection.url, api_key: keyOf(connection) }).system;
};

const run = async (shell: Shell, options: Options): Promise<void> => {
  const out = createOut(shell, options.json === true);
  const bellwire = options.url === undefined ? await openDatabase(shell, options.databaseUrl) : null;
  try {
    const result = await rekey(bellwire?.system ?? (await connect(shell, options)), out);
    out.print(result, print);
    const [first] = result.unreadable;
    if (first !== undefined) {
      throw failure(
        `${result.unreadable.length} values cannot be decrypted with any key of the key ring, and were left as they are. The first one: ${first}.`,
      );
    }
  } catch (thrown) {
    throw toCommandError(thrown);
  } finally {
    await bellwire?.stop();
  }
};

/** The command `bellwire rekey`, which works on the database itself if no server uses it, and else through the server. */
export const rekeyCommand = (shell: Shell): Command =>
  new Command('rekey')
    .description(
      'Encrypt secrets with the first key of BELLWIRE_ENCRYPTION_KEYS (or of the key file), and show which keys are still needed. It works while the server runs, which must have started with the new key, or while it is stopped. It can be interrupted and run again.',
    )
    .option('--database-url <url>', 'the database: `file:` and a path (BELLWIRE_DATABASE_URL)')
    .option('--url <url>', 'URL of a running server, instead of the database here (BELLWIRE_URL)')
    .option('--api-key <key>', 'API key with the scope admin, for a running server (BELLWIRE_API_KEY)')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  bellwire rekey\n  bellwire rekey --json | jq .keys')
    .action((options: Options) => run(shell, options));
