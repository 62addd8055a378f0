import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { audit } from './commands/audit.ts';
import { deliveries } from './commands/deliveries.ts';
import { eventTypes } from './commands/event-types.ts';
import { events } from './commands/events.ts';
import { generate } from './commands/generate.ts';
import { hooks } from './commands/hooks.ts';
import { inbox } from './commands/inbox.ts';
import { keys } from './commands/keys.ts';
import { trigger } from './commands/trigger.ts';
import { workspaces } from './commands/workspaces.ts';
import { buildNoun, buildVerb } from './frame/build-command.ts';
import type { Shell } from './frame/shell.ts';

const AFTER = `
Which server, and as whom: a flag wins over the environment, which wins over bellwire.config.ts in this folder.
  --url        BELLWIRE_URL        url        http://127.0.0.1:4400, or where host and port say
  --api-key    BELLWIRE_API_KEY    api_key    the first start of a server prints one
  --workspace  BELLWIRE_WORKSPACE  workspace  the default one

Answers go to standard output: as text for people, with --json as the JSON of the API and nothing else.
A list is { "data": [...], "next_cursor": ... } also with --all; what the API answers without a body prints nothing.
What is wrong is one line on standard error, and so are hints; --json leaves hints out.

Exit codes:
  0  done
  1  refused by the server, failed, or what was checked is not so
  2  wrong usage or a wrong setting: nothing was done
  3  no answer from a Bellwire

bellwire <command> --help says more about each.`;

const version = (): string => {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
};

/** Of help that goes to a file or a pipe. */
const WIDTH = 110;

const oneLine = (text: string): string => text.trim().replaceAll(/\s*\n\s*/g, ' ');

/** Gives commands that were made apart what the program is set to. */
const adopt = (parent: Command, child: Command): void => {
  parent.addCommand(child.copyInheritedSettings(parent));
  for (const grandchild of child.commands) grandchild.copyInheritedSettings(child);
};

/** Only `serve` loads the server, which takes half a second: what it takes it says itself. */
const addServe = (program: Command): void => {
  const command = program
    .command('serve')
    .summary('Run the server: API, delivery and records in this one process.')
    .usage('[options]')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments();
  command.action(async () => {
    const { serveCommand } = await import('./serve.ts');
    const real = serveCommand().name('bellwire serve').copyInheritedSettings(program);
    await real.parseAsync(command.args, { from: 'user' });
  });
};

/** The whole command line. Wrong usage and help throw commander's own error. */
export const createProgram = (shell: Shell): Command => {
  const program = new Command('bellwire')
    .description('Webhooks: signed, delivered, retried, recorded.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'say what there is')
    .helpCommand(false)
    .addHelpText('after', AFTER)
    .exitOverride()
    .configureOutput({
      writeOut: shell.write,
      writeErr: shell.complain,
      getOutHelpWidth: () => shell.width ?? WIDTH,
      getErrHelpWidth: () => shell.width ?? WIDTH,
      outputError: (text, write) => write(`bellwire: ${oneLine(text.replace(/^error: /, ''))}\n`),
    });
  program.commandsGroup('Run:');
  addServe(program);
  program.commandsGroup('Send and look:');
  for (const verb of [trigger, inbox]) adopt(program, buildVerb(verb, shell));
  for (const noun of [events, deliveries]) adopt(program, buildNoun(noun, shell));
  program.commandsGroup('Look after:');
  for (const noun of [hooks, eventTypes, workspaces, keys, audit]) adopt(program, buildNoun(noun, shell));
  program.commandsGroup('Develop:');
  adopt(program, buildVerb(generate, shell));
  return program;
};
