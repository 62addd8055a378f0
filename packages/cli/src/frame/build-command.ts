import type { Client } from '@bellwire/client';
import { Command, Option } from 'commander';
import { toCommandError } from './api-error.ts';
import { type Connection, keyOf, readConnection } from './connection.ts';
import { createOut } from './out.ts';
import type { Shell } from './shell.ts';
import type { Flag, Noun, Verb } from './verb.ts';

const CONNECTION: readonly Flag[] = [
  { flags: '--url <url>', about: 'URL of the server (BELLWIRE_URL; default: http://127.0.0.1:4400)' },
  { flags: '--api-key <key>', about: 'API key (BELLWIRE_API_KEY)' },
  { flags: '--workspace <id>', about: 'workspace to use with an admin key (BELLWIRE_WORKSPACE)' },
  { flags: '--json', about: 'print only the JSON of the API' },
];

type Fields = Readonly<Record<string, unknown>>;

const toOption = ({ flags, about, read, choices, required, many }: Flag): Option => {
  const option = new Option(flags, about).makeOptionMandatory(required === true);
  if (choices !== undefined) option.choices([...choices]);
  else if (read !== undefined || many === true) {
    option.argParser<unknown>((text, before) => {
      const value: unknown = read === undefined ? text : read(text);
      if (many !== true) return value;
      // False after a preceding `--no-…`.
      return [...(Array.isArray(before) ? (before as readonly unknown[]) : []), ...[value].flat()];
    });
  }
  return option;
};

const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const withoutUndefined = (pairs: readonly (readonly [string, unknown])[]): Fields =>
  Object.fromEntries(pairs.filter(([, value]) => value !== undefined));

/** The specified arguments by name. */
const argumentsOf = (command: Command): Fields =>
  withoutUndefined(
    command.registeredArguments.map((argument, at) => [
      argument.name(),
      command.processedArgs[at] as unknown,
    ]),
  );

/** The specified flags by field name. */
const flagsOf = (command: Command, flags: readonly Flag[]): Fields =>
  withoutUndefined(
    flags.map((flag) => {
      const name = toOption(flag).attributeName();
      return [flag.field ?? snakeCase(name), command.getOptionValue(name) as unknown];
    }),
  );

/** Covers a brief interruption. A user at a terminal should see soon that the server does not respond. */
const RETRY = { retries: 2, min_delay_ms: 100 } as const;

const connect = async (connection: Connection): Promise<Client> => {
  const { url, workspace } = connection;
  const api_key = keyOf(connection);
  const { createClient } = await import('@bellwire/client');
  return createClient({ url, api_key, retry: RETRY, ...(workspace === null ? {} : { workspace }) });
};

const run = async (verb: Verb, command: Command, shell: Shell): Promise<void> => {
  const { json, ...flags } = flagsOf(command, CONNECTION);
  const connection = await readConnection(flags as Shell['env'], shell);
  const session = {
    shell,
    out: createOut(shell, json === true),
    connection,
    connect: () => connect(connection),
  };
  try {
    const fields = { ...argumentsOf(command), ...flagsOf(command, verb.flags ?? []) };
    await verb.run(session, fields as never);
  } catch (thrown) {
    throw toCommandError(thrown);
  }
};

const examples = (lines: readonly string[]): string =>
  ['', 'Examples:', ...lines.map((line) => `  bellwire ${line}`)].join('\n');

/** Builds the command of a verb. */
export const buildVerb = (verb: Verb, shell: Shell): Command => {
  const [name = '', ...args] = verb.usage.split(' ');
  const command = new Command(name).summary(verb.about);
  command.description(verb.more === undefined ? verb.about : `${verb.about} ${verb.more}`);
  for (const arg of args) command.argument(arg, verb.arguments?.[arg.replaceAll(/[<>[\]]/g, '')] ?? '');
  for (const flag of verb.flags ?? []) command.addOption(toOption(flag));
  command.optionsGroup('Server and output:');
  for (const flag of CONNECTION) command.addOption(toOption(flag));
  return command.addHelpText('after', examples(verb.examples)).action(() => run(verb, command, shell));
};

/** Builds the command of a noun with its verbs. */
export const buildNoun = (noun: Noun, shell: Shell): Command => {
  const command = new Command(noun.name).description(noun.about).helpCommand(false);
  for (const verb of noun.verbs) command.addCommand(buildVerb(verb, shell));
  return command.addHelpText(
    'after',
    `\nFor details of a command, run: bellwire ${noun.name} <command> --help`,
  );
};
