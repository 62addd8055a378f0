import { z } from 'zod';
import { retrySchedule, durationMs } from './durations.ts';
import { BellwireError } from './core/errors.ts';
import { logLevels } from './log.ts';

const text = z.string().trim().min(1);
const wholeNumber = (least: number, most: number) => {
  const rule = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, rule)
    .transform(Number)
    .pipe(z.int().min(least, rule).max(most, rule));
};
const yesOrNo = z
  .enum(['true', 'false', '1', '0', 'yes', 'no'], 'must be true or false')
  .transform((word) => ['true', '1', 'yes'].includes(word));
const list = text.transform((words) => words.split(',').map((word) => word.trim()));

interface Setting<S extends z.ZodType> {
  readonly schema: S;
  /** As it would be written; absent for a setting that is unset by default. */
  readonly fallback?: string;
  readonly about: string;
}

const setting = <S extends z.ZodType>(schema: S, about: string): Setting<S> => ({ schema, about });

const withDefault = <S extends z.ZodType>(schema: S, fallback: string, about: string) => ({
  schema,
  fallback,
  about,
});

/** Every setting: `host` is the flag `--host` and the variable `BELLWIRE_HOST`. */
export const settings = {
  host: withDefault(text, '127.0.0.1', 'The address to listen on.'),
  port: withDefault(wholeNumber(0, 65_535), '4400', 'The port to listen on; 0 takes a free one.'),
  database_url: withDefault(
    text.regex(/^file:.+/, 'must be like file:.bellwire/bellwire.db'),
    'file:.bellwire/bellwire.db',
    'Where the data lies: `file:` and a path.',
  ),
  api_key: setting(
    z.string().regex(/^[\x21-\x7e]{16,512}$/, 'must be 16 to 512 visible characters without spaces'),
    'An admin API key to start with. Made and printed once when absent.',
  ),
  encryption_keys: setting(
    text,
    'Keys that secrets are encrypted with, `kid:base64,…`: the first one encrypts, all decrypt. Made beside the database when absent.',
  ),
  allow_networks: setting(
    list,
    'Networks (CIDR) that receivers may live in although they are not public, like `10.0.0.0/8`.',
  ),
  allow_metadata: withDefault(
    yesOrNo,
    'false',
    'Let receivers live at cloud metadata addresses too. Hardly ever right.',
  ),
  static_hosts: setting(
    text,
    'Names that DNS is not asked for, `name=address,…`; a name may stand there more than once.',
  ),
  dialect: withDefault(text, 'standard', 'The dialect of the default workspace.'),
  retry_schedule: setting(
    retrySchedule,
    'Replaces every dialect’s retry schedule: the delay before each attempt, like `0,1m,5m`.',
  ),
  attempt_timeout: setting(
    durationMs('100ms', '60s'),
    'Replaces every dialect’s time-out of one attempt, like `10s`; a hook’s own wins.',
  ),
  concurrency: withDefault(wholeNumber(1, 100_000), '1024', 'Attempts under way at a time, in all.'),
  hook_concurrency: withDefault(wholeNumber(1, 1_000), '8', 'Attempts under way at a time to one hook.'),
  retention: withDefault(
    z.union(
      [z.literal('off').transform(() => null), durationMs('1m', '3650d')],
      'must be off, or a duration from 1m to 3650d',
    ),
    '30d',
    'How long finished events are kept, like `30d`; `off` keeps them for ever.',
  ),
  sender_thread: withDefault(yesOrNo, 'true', 'Send from a thread of its own, so that two cores are used.'),
  inbox: withDefault(yesOrNo, 'false', 'Serve the built-in receiver at `/inbox/:name`.'),
  log_level: withDefault(
    z.enum(logLevels),
    'info',
    'The least level that is logged (JSON lines on standard error).',
  ),
} as const;

export type SettingName = keyof typeof settings;

type Values = { readonly [K in SettingName]: z.infer<(typeof settings)[K]['schema']> | undefined };
type WithFallback = {
  [K in SettingName]: (typeof settings)[K] extends { readonly fallback: string } ? K : never;
}[SettingName];

/** Every setting, read and checked. */
export type Config = Values & { readonly [K in WithFallback]: Exclude<Values[K], undefined> };

/** Settings as text, by name. */
export type SettingTexts = { readonly [K in SettingName]?: string | undefined };

export const settingNames = Object.keys(settings) as readonly SettingName[];

/** `BELLWIRE_DATABASE_URL` */
export const variableOf = (name: SettingName): string => `BELLWIRE_${name.toUpperCase()}`;

/** `--database-url` */
export const flagOf = (name: SettingName): string => `--${name.replaceAll('_', '-')}`;

/** The settings in the environment; an empty variable counts as absent. The only reader of `process.env`. */
export const textsFromEnvironment = (environment: NodeJS.ProcessEnv = process.env): SettingTexts => {
  const known = new Set(settingNames.map(variableOf));
  const stranger = Object.keys(environment).find((name) => name.startsWith('BELLWIRE_') && !known.has(name));
  if (stranger !== undefined) {
    throw new BellwireError(
      'config_invalid',
      `${stranger} is no setting of Bellwire, so it would do nothing. Known settings: ${[...known].join(', ')}.`,
    );
  }
  return Object.fromEntries(settingNames.map((name) => [name, environment[variableOf(name)] || undefined]));
};

/**
 * Reads settings, the first source that has one wins.
 * @throws BellwireError `config_invalid`, naming the setting, what is wrong with it and how it should look.
 */
export const readConfig = (...sources: readonly SettingTexts[]): Config => {
  const values: Record<string, unknown> = {};
  for (const name of settingNames) {
    const { schema, fallback, about }: Setting<z.ZodType> = settings[name];
    const given = sources.map((source) => source[name]).find((value) => value !== undefined) ?? fallback;
    if (given === undefined) continue;
    const parsed = schema.safeParse(given);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new BellwireError(
        'config_invalid',
        `${variableOf(name)} (or ${flagOf(name)}) is wrong: ${issue?.message ?? 'it cannot be read'}. ${about}`,
        { cause: parsed.error },
      );
    }
    values[name] = parsed.data;
  }
  return Object.freeze(values) as unknown as Config;
};

/** The reference table of the docs, in Markdown. */
export const settingsTable = (): string => {
  const rows = settingNames.map((name) => {
    const { fallback, about }: Setting<z.ZodType> = settings[name];
    return `| \`${variableOf(name)}\` | \`${flagOf(name)}\` | ${fallback === undefined ? 'unset' : `\`${fallback}\``} | ${about} |`;
  });
  return ['| variable | flag | default | what it does |', '|---|---|---|---|', ...rows].join('\n');
};
