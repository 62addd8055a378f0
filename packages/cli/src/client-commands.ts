import type { Command } from 'commander';
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

/** Adds a command that was created separately, with the settings of its parent. */
const adopt = (parent: Command, child: Command): void => {
  parent.addCommand(child.copyInheritedSettings(parent));
  for (const grandchild of child.commands) grandchild.copyInheritedSettings(child);
};

/** Adds the commands that call a server. */
export const addClientCommands = (program: Command, shell: Shell): void => {
  program.commandsGroup('Send and inspect:');
  for (const verb of [trigger, recover, stats, inbox]) adopt(program, buildVerb(verb, shell));
  for (const noun of [events, deliveries, recoveries]) adopt(program, buildNoun(noun, shell));
  program.commandsGroup('Manage:');
  adopt(program, buildVerb(system, shell));
  for (const noun of [hooks, tenants, eventTypes, workspaces, erasures, keys, audit])
    adopt(program, buildNoun(noun, shell));
  program.commandsGroup('Develop:');
  for (const verb of [verify, generate]) adopt(program, buildVerb(verb, shell));
};
