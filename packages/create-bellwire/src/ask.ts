import { confirm, isCancel, select, text } from '@clack/prompts';
import type { Arguments } from './arguments.ts';
import { type Dialect, dialects, type Template, templates } from './choices.ts';
import { emptyFolder } from './folder.ts';
import { Cancelled } from './refusal.ts';

/** The choices for a new receiver. */
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

/** The reason why a folder cannot be used, so that the prompt repeats. */
const problemOf = (directory: string): string | undefined => {
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
      message: 'Folder?',
      placeholder: defaults.directory,
      defaultValue: defaults.directory,
      validate: (typed) => problemOf(typed === undefined || typed === '' ? defaults.directory : typed),
    }),
  );

const askTemplate = (): Promise<Template> =>
  answered(
    select<Template>({
      message: 'Language?',
      options: Object.entries(templates).map(([value, { about }]) => ({
        value: value as Template,
        label: about,
      })),
    }),
  );

const askDialect = (): Promise<Dialect> =>
  answered(
    select<Dialect>({
      message: 'Format of the sender?',
      options: Object.entries(dialects).map(([value, hint]) => ({
        value: value as Dialect,
        label: value,
        hint,
      })),
    }),
  );

const askToConfirm = (message: string): Promise<boolean> =>
  answered(confirm({ message, initialValue: true }));

/**
 * Completes the choices of the command line: with prompts if interactive, otherwise with defaults.
 * @throws Cancelled if the user cancels a prompt
 */
export const completePlan = async (args: Arguments): Promise<Plan> => {
  const { directory, template, dialect, install, git } = args;
  if (!args.interactive) {
    const { interactive: _, action: __, ...known } = args;
    return { ...defaults, ...known };
  }
  return {
    directory: directory ?? (await askDirectory()),
    template: template ?? (await askTemplate()),
    dialect: dialect ?? (await askDialect()),
    install: install ?? (await askToConfirm('Install the dependencies?')),
    git: git ?? (await askToConfirm('Initialize a git repository?')),
  };
};
