import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import type { Shell } from './frame/shell.ts';

const AFTER = `
Connection: flags override environment variables, which override bellwire.config.ts in the working folder.
  --url        BELLWIRE_URL        url        default: http://127.0.0.1:4400, or the configured host and port
  --api-key    BELLWIRE_API_KEY    api_key    printed at the first start, or the path of its file
  --workspace  BELLWIRE_WORKSPACE  workspace  default: the default workspace

Output: commands print text; with --json, only the JSON of the API.
A list is { "data": [...], "next_cursor": ... }, also with --all. A response without a body prints nothing.
Errors and hints are single lines on standard error; --json omits the hints.

Exit codes:
  0  success
  1  refused by the server, failed, or a check found a problem
  2  wrong usage or configuration; nothing was done
  3  no response from a Bellwire server

For details of a command, run: bellwire <command> --help`;

const version = (): string => {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
};

/** Width of help that is written to a file or a pipe. */
const WIDTH = 110;

const oneLine = (text: string): string => text.trim().replaceAll(/\s*\n\s*/g, ' ');

interface LocalCommand {
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  readonly load: () => Promise<Command>;
}

/** Adds a command that prints its own help: only such a command loads the server, which takes half a second. */
const addLocal = (program: Command, { name, summary, usage, load }: LocalCommand): void => {
  const command = program
    .command(name)
    .summary(summary)
    .usage(usage)
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments();
  command.action(async () => {
    const real = (await load()).name(`bellwire ${name}`).copyInheritedSettings(program);
    await real.parseAsync(command.args, { from: 'user' });
  });
};

const localCommands = (shell: Shell): readonly LocalCommand[] => [
  {
    name: 'serve',
    summary: 'Run the server: the API and the deliveries, in one process.',
    usage: '[options]',
    load: async () => (await import('./serve.ts')).serveCommand(),
  },
  {
    name: 'backup',
    summary: 'Copy the database to a file, also while the server runs.',
    usage: '<file> [options]',
    load: async () => (await import('./backup.ts')).backupCommand(shell),
  },
  {
    name: 'rekey',
    summary: 'Encrypt secrets with a new key, also while the server runs.',
    usage: '[options]',
    load: async () => (await import('./rekey.ts')).rekeyCommand(shell),
  },
  {
    name: 'db:migrate',
    summary: 'Create or update the tables, for a server whose database role may not.',
    usage: '[options]',
    load: async () => (await import('./db-migrate.ts')).dbMigrateCommand(shell),
  },
  {
    name: 'migrate',
    summary: 'Copy a stopped database to another one: from a file to PostgreSQL, or back.',
    usage: '--from <url> --to <url> [options]',
    load: async () => (await import('./migrate.ts')).migrateCommand(shell),
  },
];

/**
 * Creates the command line for some arguments. Commands that call a server are left out for one that runs here, so that a
 * server starts without them. Wrong usage and help throw a CommanderError.
 */
export const createProgram = async (args: readonly string[], shell: Shell): Promise<Command> => {
  const program = new Command('bellwire')
    .description('Signs, delivers, retries and records webhooks.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .addHelpText('after', AFTER)
    .exitOverride()
    .configureOutput({
      writeOut: shell.write,
      writeErr: shell.writeError,
      getOutHelpWidth: () => shell.width ?? WIDTH,
      getErrHelpWidth: () => shell.width ?? WIDTH,
      outputError: (text, write) => write(`bellwire: ${oneLine(text.replace(/^error: /, ''))}\n`),
    });
  program.commandsGroup('Run the server:');
  const local = localCommands(shell);
  for (const command of local) addLocal(program, command);
  if (!local.some(({ name }) => name === args[0])) {
    const { addClientCommands } = await import('./client-commands.ts');
    addClientCommands(program, shell);
  }
  return program;
};
