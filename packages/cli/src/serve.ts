import { flushCompileCache } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Bellwire,
  coerceError,
  createBellwire,
  flagOf,
  listen,
  type Listening,
  readConfig,
  type SettingName,
  settingNames,
  settings,
  settingsFrom,
  type SettingTexts,
  textsFromEnvironment,
  variableOf,
} from '@bellwire/server';
import { letHeapsGrow } from '@bellwire/server/heap';
import { Command } from 'commander';
import { readConfigFile } from './config-file.ts';
import { buildConsole } from './console-build.ts';
import { clientVariables } from './frame/connection.ts';
import { greet } from './greet.ts';

/** The defaults of `--local`. Every other source overrides them. */
const LOCAL: SettingTexts = {
  allow_networks: '127.0.0.0/8,::1/128',
  inbox: 'true',
  log_level: 'warn',
};

/** Time for open requests to finish. A client that never finishes must not block the shutdown. */
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

/** Leaves out the variables of client commands, which the server would refuse as unknown settings. */
const withoutClientVariables = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !clientVariables.includes(name)));

/** Ends the streams, which would keep the listener open; closes it, then stops the server. */
const shutDown = async (bellwire: Bellwire, listening: Listening | null): Promise<void> => {
  bellwire.endStreams();
  if (listening !== null) await Promise.race([listening.close(), delay(GRACE_MS)]);
  await bellwire.stop();
};

/** Shuts down gracefully on the first signal, immediately on the second. */
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
    settingsFrom('flag', textsFromFlags(options)),
    textsFromEnvironment(withoutClientVariables()),
    settingsFrom('file', file.settings),
    settingsFrom('local', local ? LOCAL : {}),
  );
  const bellwire = await createBellwire(config, {
    dialects: file.dialects,
    onBroken: (error) => {
      process.stderr.write(`bellwire: ${error.message} The process exits; restart it to recover.\n`);
      process.exit(1);
    },
  });
  let listening: Listening | null = null;
  try {
    listening = await listen(bellwire.fetch, config);
    if (local) process.on('exit', buildConsole());
    stopOnSignal(bellwire, listening);
    await bellwire.start();
    letHeapsGrow();
    await greet({ bellwire, config, listening, local });
    // Otherwise only a graceful exit writes the cache, and a server that is killed starts slowly each time.
    flushCompileCache();
  } catch (error) {
    await shutDown(bellwire, listening);
    throw error;
  }
};

/** `Port to listen on. (BELLWIRE_PORT; default: 4400)` */
const helpOf = (name: SettingName): string => {
  const setting = settings[name];
  const fallback = 'fallback' in setting ? `; default: ${setting.fallback}` : '';
  return `${setting.about} (${variableOf(name)}${fallback})`;
};

/** The command `bellwire serve`, which runs the server in this process. */
export const serveCommand = (): Command => {
  const command = new Command('serve')
    .description('Run the server: the API and the deliveries, in one process.')
    .option('--local', 'defaults for local development: allow receivers on this machine, enable the inbox');
  for (const name of settingNames) {
    command.option(`${flagOf(name)} [value]`, helpOf(name));
  }
  return command.action(serve);
};
