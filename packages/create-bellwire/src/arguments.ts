import { parseArgs } from 'node:util';
import { type Dialect, dialects, isDialect, isTemplate, type Template, templates } from './choices.ts';
import { Refusal } from './refusal.ts';

/** What the command line says; what it leaves open is asked or has a default. */
export interface Arguments {
  readonly directory?: string;
  readonly template?: Template;
  readonly dialect?: Dialect;
  /** A server's URL or a file: where the types of the events come from. */
  readonly events?: string;
  readonly api_key?: string;
  readonly install?: boolean;
  readonly git?: boolean;
  readonly interactive: boolean;
  readonly wants: 'receiver' | 'help' | 'version';
}

const options = {
  template: { type: 'string', short: 't' },
  dialect: { type: 'string', short: 'd' },
  events: { type: 'string', short: 'e' },
  'api-key': { type: 'string' },
  install: { type: 'boolean' },
  git: { type: 'boolean' },
  interactive: { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

const parse = (argv: readonly string[]) => {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, allowNegative: true });
  } catch (error) {
    throw new Refusal(`${error instanceof Error ? error.message : String(error)} See --help.`, {
      cause: error,
    });
  }
};

interface Choice<T extends string> {
  readonly flag: string;
  readonly is: (text: string) => text is T;
  readonly known: object;
}

const one = <T extends string>(text: string | undefined, { flag, is, known }: Choice<T>) => {
  if (text === undefined || is(text)) return text;
  throw new Refusal(`${flag} "${text}" is not one of ${Object.keys(known).join(', ')}.`);
};

/** Only what is there, so that a spread of defaults below is not overwritten by nothing. */
const given = <T extends object>(values: T) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof T]?: Exclude<T[K], undefined>;
  };

/**
 * Reads the command line.
 * @throws Refusal for what it does not know
 */
export const readArguments = (argv: readonly string[], isTerminal: boolean): Arguments => {
  const { values, positionals } = parse(argv);
  const [directory, ...others] = positionals;
  if (others.length > 0) throw new Refusal(`One folder, please; "${others.join(' ')}" is more. See --help.`);
  return {
    ...given({
      directory,
      template: one(values.template, { flag: '--template', is: isTemplate, known: templates }),
      dialect: one(values.dialect, { flag: '--dialect', is: isDialect, known: dialects }),
      events: values.events,
      api_key: values['api-key'],
      install: values.install,
      git: values.git,
    }),
    interactive: values.yes === true ? false : (values.interactive ?? isTerminal),
    wants: values.help === true ? 'help' : values.version === true ? 'version' : 'receiver',
  };
};
