import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { audit } from './commands/audit.ts';
import { deliveries } from './commands/deliveries.ts';
import { erasures } from './commands/erasures.ts';
import { eventTypes } from './commands/event-types.ts';
import { events } from './commands/events.ts';
import { generate } from './commands/generate.ts';
import { hooks } from './commands/hooks.ts';
import { inbox } from './commands/inbox.ts';
import { keys } from './commands/keys.ts';
import { recover } from './commands/recover.ts';
import { recoveries } from './commands/recoveries.ts';
import { stats } from './commands/stats.ts';
import { system } from './commands/system.ts';
import { tenants } from './commands/tenants.ts';
import { trigger } from './commands/trigger.ts';
import { verify } from './commands/verify.ts';
import { workspaces } from './commands/workspaces.ts';
import { buildNoun, buildVerb } from './frame/build-command.ts';
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

/** Adds a command that was created separately, with the settings of its parent. */
const adopt = (parent: Command, child: Command): void => {
  parent.addCommand(child.copyInheritedSettings(parent));
  for (const grandchild of child.commands) grandchild.copyInheritedSettings(child);
};

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

/** Creates the command line. Wrong usage and help throw a CommanderError. */
export const createProgram = (shell: Shell): Command => {
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
  addLocal(program, {
    name: 'serve',
    summary: 'Run the server: the API and the deliveries, in one process.',
    usage: '[options]',
    load: async () => (await import('./serve.ts')).serveCommand(),
  });
  addLocal(program, {
    name: 'backup',
    summary: 'Copy the database to a file, also while the server runs.',
    usage: '<file> [options]',
    load: async () => (await import('./backup.ts')).backupCommand(shell),
  });
  addLocal(program, {
    name: 'rekey',
    summary: 'Encrypt secrets with a new key, also while the server runs.',
    usage: '[options]',
    load: async () => (await import('./rekey.ts')).rekeyCommand(shell),
  });
  addLocal(program, {
    name: 'db:migrate',
    summary: 'Create or update the tables, for a server whose database role may not.',
    usage: '[options]',
    load: async () => (await import('./db-migrate.ts')).dbMigrateCommand(shell),
  });
  addLocal(program, {
    name: 'migrate',
    summary: 'Copy a stopped database to another one: from a file to PostgreSQL, or back.',
    usage: '--from <url> --to <url> [options]',
    load: async () => (await import('./migrate.ts')).migrateCommand(shell),
  });
  program.commandsGroup('Send and inspect:');
  for (const verb of [trigger, recover, stats, inbox]) adopt(program, buildVerb(verb, shell));
  for (const noun of [events, deliveries, recoveries]) adopt(program, buildNoun(noun, shell));
  program.commandsGroup('Manage:');
  adopt(program, buildVerb(system, shell));
  for (const noun of [hooks, tenants, eventTypes, workspaces, erasures, keys, audit])
    adopt(program, buildNoun(noun, shell));
  program.commandsGroup('Develop:');
  for (const verb of [verify, generate]) adopt(program, buildVerb(verb, shell));
  return program;
};
