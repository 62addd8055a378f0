import { setTimeout as delay } from 'node:timers/promises';
import {
  type Bellwire,
  coerceError,
  createBellwire,
  flagOf,
  listen,
  type Listening,
  readConfig,
  settingNames,
  settings,
  type SettingTexts,
  textsFromEnvironment,
} from '@bellwire/server';
import { Command } from 'commander';
import { readConfigFile } from './config-file.ts';
import { clientVariables } from './frame/connection.ts';
import { greet } from './greet.ts';

/** What `--local` changes of the defaults; everything that is set wins. */
const LOCAL: SettingTexts = {
  allow_networks: '127.0.0.0/8,::1/128',
  inbox: 'true',
  log_level: 'warn',
};

/** What a client in the middle of a request gets. One that never ends it must not keep the process from ending. */
const GRACE_MS = 500;

interface Options extends Record<string, unknown> {
  readonly local?: boolean;
}

const camelCase = (name: string): string =>
  name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

const textsFromFlags = (options: Options): SettingTexts =>
  Object.fromEntries(
    settingNames.map((name) => {
      const value = options[camelCase(name)];
      return [name, value === undefined ? undefined : `${value as string | boolean}`];
    }),
  );

/** What client commands read is no setting of the server, and no mistake either. */
const withoutClientVariables = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !clientVariables.includes(name)));

/** Takes no more requests, then ends. */
const shutDown = async (bellwire: Bellwire, listening: Listening | null): Promise<void> => {
  if (listening !== null) await Promise.race([listening.close(), delay(GRACE_MS)]);
  await bellwire.stop();
};

/** Ends in order at the first signal; at once at the second. */
const stopOnSignal = (bellwire: Bellwire, listening: Listening): void => {
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) process.exit(1);
    stopping = true;
    try {
      await shutDown(bellwire, listening);
      process.exit(0);
    } catch (error) {
      process.stderr.write(`bellwire: ${coerceError(error).message}\n`);
      process.exit(1);
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
};

const serve = async (options: Options): Promise<void> => {
  const file = await readConfigFile(process.cwd());
  const local = options.local === true;
  const config = readConfig(
    textsFromFlags(options),
    textsFromEnvironment(withoutClientVariables()),
    file.settings,
    local ? LOCAL : {},
  );
  const bellwire = await createBellwire(config, {
    dialects: file.dialects,
    onBroken: (error) => {
      process.stderr.write(`bellwire: ${error.message} The process ends; start it again to recover.\n`);
      process.exit(1);
    },
  });
  let listening: Listening | null = null;
  try {
    listening = await listen(bellwire.fetch, config);
    stopOnSignal(bellwire, listening);
    await bellwire.start();
    await greet({ bellwire, config, listening, local });
  } catch (error) {
    await shutDown(bellwire, listening);
    throw error;
  }
};

/** `bellwire serve`: the server, in this process. */
export const serveCommand = (): Command => {
  const command = new Command('serve')
    .description('Run the server: API, delivery and records in this one process.')
    .option('--local', 'defaults for local work: receivers on this machine are allowed, the inbox is open');
  for (const name of settingNames) {
    const { about } = settings[name];
    command.option(`${flagOf(name)} [value]`, about);
  }
  return command.action(serve);
};
