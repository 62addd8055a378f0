import { confirm, isCancel, select, text } from '@clack/prompts';
import type { Arguments } from './arguments.ts';
import { type Dialect, dialects, type Template, templates } from './choices.ts';
import { emptyFolder } from './folder.ts';
import { Cancelled } from './refusal.ts';

/** All that is to be known before anything is made. */
export interface Plan {
  readonly directory: string;
  readonly template: Template;
  readonly dialect: Dialect;
  readonly install: boolean;
  readonly git: boolean;
}

const defaults: Plan = {
  directory: 'my-receiver',
  template: 'express',
  dialect: 'standard',
  install: false,
  git: false,
};

const answered = async <T>(prompt: Promise<T>): Promise<Exclude<T, symbol>> => {
  const answer = await prompt;
  if (isCancel(answer)) throw new Cancelled();
  return answer as Exclude<T, symbol>;
};

/** Why a folder cannot be taken, so that it is asked for again. */
const refusalOf = (directory: string): string | undefined => {
  try {
    emptyFolder(directory);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const askDirectory = (): Promise<string> =>
  answered(
    text({
      message: 'Which folder?',
      placeholder: defaults.directory,
      defaultValue: defaults.directory,
      validate: (typed) => refusalOf(typed === undefined || typed === '' ? defaults.directory : typed),
    }),
  );

const askTemplate = (): Promise<Template> =>
  answered(
    select<Template>({
      message: 'Written in?',
      options: Object.entries(templates).map(([value, { about }]) => ({
        value: value as Template,
        label: about,
      })),
    }),
  );

const askDialect = (): Promise<Dialect> =>
  answered(
    select<Dialect>({
      message: 'Which format does the sender speak?',
      options: Object.entries(dialects).map(([value, hint]) => ({
        value: value as Dialect,
        label: value,
        hint,
      })),
    }),
  );

const askYes = (message: string): Promise<boolean> => answered(confirm({ message, initialValue: true }));

/**
 * Asks for what the command line leaves open; where nobody can be asked, takes the defaults.
 * @throws Cancelled
 */
export const completed = async (given: Arguments): Promise<Plan> => {
  const { directory, template, dialect, install, git } = given;
  if (!given.interactive) {
    const { interactive: _, wants: __, ...known } = given;
    return { ...defaults, ...known };
  }
  return {
    directory: directory ?? (await askDirectory()),
    template: template ?? (await askTemplate()),
    dialect: dialect ?? (await askDialect()),
    install: install ?? (await askYes('Install what it needs?')),
    git: git ?? (await askYes('Make a git repository of it?')),
  };
};
