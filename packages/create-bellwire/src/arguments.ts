import { parseArgs } from 'node:util';
import { type Dialect, dialects, isDialect, isTemplate, type Template, templates } from './choices.ts';
import { Refusal } from './refusal.ts';

/** The parsed command line. Prompts or defaults supply absent fields. */
export interface Arguments {
  readonly directory?: string;
  readonly template?: Template;
  readonly dialect?: Dialect;
  /** The URL of a server, or a file, that contains the event types. */
  readonly events?: string;
  readonly api_key?: string;
  readonly install?: boolean;
  readonly git?: boolean;
  readonly interactive: boolean;
  readonly action: 'receiver' | 'help' | 'version';
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
    const message = error instanceof Error ? error.message : String(error);
    throw new Refusal(`${message.replaceAll('\n', ' ').replace(/\.?$/, '.')} See --help.`, { cause: error });
  }
};

interface Choice<T extends string> {
  readonly flag: string;
  readonly is: (text: string) => text is T;
  readonly known: object;
}

const choiceOf = <T extends string>(text: string | undefined, { flag, is, known }: Choice<T>) => {
  if (text === undefined || is(text)) return text;
  throw new Refusal(`${flag} "${text}" is not one of ${Object.keys(known).join(', ')}.`);
};

/** Removes undefined values, so that spreading the object over defaults keeps them. */
const withoutUndefined = <T extends object>(values: T) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof T]?: Exclude<T[K], undefined>;
  };

/**
 * Parses the command line.
 * @throws Refusal for unknown flags and values
 */
export const readArguments = (argv: readonly string[], isTerminal: boolean): Arguments => {
  const { values, positionals } = parse(argv);
  const [directory, ...others] = positionals;
  if (others.length > 0)
    throw new Refusal(`Specify one folder; unexpected: "${others.join(' ')}". See --help.`);
  return {
    ...withoutUndefined({
      directory,
      template: choiceOf(values.template, { flag: '--template', is: isTemplate, known: templates }),
      dialect: choiceOf(values.dialect, { flag: '--dialect', is: isDialect, known: dialects }),
      events: values.events,
      api_key: values['api-key'],
      install: values.install,
      git: values.git,
    }),
    interactive: values.yes === true ? false : (values.interactive ?? isTerminal),
    action: values.help === true ? 'help' : values.version === true ? 'version' : 'receiver',
  };
};
