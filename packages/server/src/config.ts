import { z } from 'zod';
import { retrySchedule, durationMs } from './durations.ts';
import { readKey } from './core/api-key.ts';
import { BellwireError } from './core/errors.ts';
import { issueInWords } from './core/issue-words.ts';
import type { SettingOrigin } from './core/setting-origin.ts';
import { logLevels } from './log.ts';
import type { ShownSetting } from './ports/system.ts';

const text = z.string().trim().min(1);
const wholeNumber = (min: number, max: number) => {
  const rule = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, rule)
    .transform(Number)
    .pipe(z.int().min(min, rule).max(max, rule));
};
const yesOrNo = z
  .enum(['true', 'false', '1', '0', 'yes', 'no'], 'must be true or false')
  .transform((word) => ['true', '1', 'yes'].includes(word));
const retention = z.union(
  [z.literal('off').transform(() => null), durationMs('1m', '3650d')],
  'must be off, or a duration from 1m to 3650d',
);
const ORIGIN_RULE = 'must be origins such as https://app.example.com, separated by commas';
/** Without a path, and without a wildcard, which would let any page of a domain in. */
const isOrigin = (word: string): boolean =>
  /^https?:\/\/[^/*?#@\s;,'"]+\/?$/i.test(word) && URL.canParse(word);
const list = text.transform((words) => words.split(',').map((word) => word.trim()));

/** A truncated key, or one with another scope, is a mistake. */
const isConfigurable = (key: string): boolean => {
  const form = readKey(key);
  return form === null || (form !== 'broken' && form.scope === 'admin');
};

interface Setting<S extends z.ZodType> {
  readonly schema: S;
  /** The default as text; absent for a setting that is unset by default. */
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
  host: withDefault(text, '127.0.0.1', 'Address to listen on.'),
  port: withDefault(wholeNumber(0, 65_535), '4400', 'Port to listen on; `0` chooses a free one.'),
  database_url: withDefault(
    text.regex(
      /^(?:file:.|postgres(?:ql)?:\/\/.)/,
      'must start with file:, such as file:.bellwire/bellwire.db, or with postgres://, such as postgres://user@host/database',
    ),
    'file:.bellwire/bellwire.db',
    'The database: `file:` and a path for SQLite, or `postgres://user@host/database`.',
  ),
  database_schema: setting(
    z
      .string()
      .regex(
        /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/,
        'must have at most 63 of a-z, 0-9 and _, and begin with neither a digit nor pg_',
      ),
    'Schema of the tables in PostgreSQL. If unset, the first one in the search path of the database role, usually `public`.',
  ),
  database_direct_url: setting(
    text.regex(
      /^postgres(?:ql)?:\/\/./,
      'must start with postgres://, such as postgres://user@host/database',
    ),
    'URL of the same PostgreSQL without the pooler of `database_url`, on which nodes hear of changes. Behind a pooler in transaction mode and without it, they find changes within 5 seconds.',
  ),
  database_prepare: withDefault(
    yesOrNo,
    'true',
    'Use prepared statements in PostgreSQL. Not behind PgBouncer before 1.21 or without `max_prepared_statements`.',
  ),
  api_key: setting(
    z
      .string()
      .regex(/^[\x21-\x7e]{16,512}$/, 'must be 16 to 512 visible characters without spaces')
      .refine(
        (key) => isConfigurable(key),
        'begins with bw_, so it must be a complete API key of Bellwire with the scope admin',
      ),
    'Admin API key. A new value replaces the previous one. If unset, the first start generates one and prints it; if the output is not a terminal, it is written to the file `api-key` next to the database.',
  ),
  encryption_keys: setting(
    text,
    'Keys that encrypt secrets, `kid:base64,…`: the first one encrypts, all decrypt. If unset, a key file is created next to the database.',
  ),
  allow_networks: setting(
    list,
    'Non-public networks to which requests may be sent, in CIDR notation, such as `10.0.0.0/8`.',
  ),
  allow_metadata: withDefault(
    yesOrNo,
    'false',
    'Lets `allow_networks` include the addresses of cloud metadata services. Rarely appropriate.',
  ),
  allow_hosts: setting(
    list,
    'If set, the only hosts to which requests may be sent: names, `*.example.com` for all names below one, addresses or networks.',
  ),
  refuse_hosts: setting(
    list,
    'Hosts to which no request may be sent, also if `allow_hosts` has them, in the same notation.',
  ),
  https_only: withDefault(yesOrNo, 'false', 'Send only to https URLs.'),
  static_hosts: setting(
    text,
    'Addresses that take precedence over DNS, `name=address,…`; repeat a name to give it several.',
  ),
  proxy: setting(
    text,
    'Forward proxy of every request, `http://user:password@host:port`. It resolves host names itself, so restrict it to the addresses that it may connect to.',
  ),
  dialect: withDefault(text, 'standard', 'Dialect of the default workspace.'),
  retry_schedule: setting(
    retrySchedule,
    'Overrides every dialect’s retry schedule: the delay before each attempt, such as `0,1m,5m`; a hook’s own takes precedence.',
  ),
  attempt_timeout: setting(
    durationMs('100ms', '60s'),
    'Overrides every dialect’s timeout of one attempt, such as `10s`; a hook’s own takes precedence.',
  ),
  concurrency: withDefault(
    wholeNumber(1, 100_000),
    '1024',
    'Maximum concurrent attempts in total. Workspaces and tenants that have few can exceed it, together by half.',
  ),
  hook_concurrency: withDefault(wholeNumber(1, 1_000), '8', 'Maximum concurrent attempts per hook.'),
  retention: withDefault(
    retention,
    '30d',
    'How long events are kept, such as `30d`; `off` keeps them forever. Deliveries that are still waiting then are canceled as `expired`.',
  ),
  payload_retention: withDefault(
    retention,
    'off',
    'How long the data of finished events and the bodies of their attempts are kept, such as `7d`; `off` keeps them as long as the event. At most `BELLWIRE_RETENTION`.',
  ),
  sender_thread: withDefault(yesOrNo, 'true', 'Send from a separate thread, to use a second core.'),
  public_url: setting(
    z
      .url({ protocol: /^https?$/, error: 'must be a URL such as https://webhooks.example.com' })
      .transform((url) => new URL(url).origin),
    'Address of the server in browsers, if it is behind a proxy, such as `https://webhooks.example.com`. On loopback, requests for other names are refused.',
  ),
  portal_origins: setting(
    list.pipe(
      z.array(
        z
          .string()
          .refine(isOrigin, ORIGIN_RULE)
          .transform((url) => new URL(url).origin),
      ),
    ),
    'Origins of your own pages that show the portal in a frame or call the API with its token, `https://app.example.com,…`.',
  ),
  inbox: withDefault(yesOrNo, 'false', 'Serve the built-in receiver at `/inbox/:name`.'),
  log_level: withDefault(
    z.enum(logLevels),
    'info',
    'Minimum log level. The log goes to standard error: as JSON lines, or readable on a terminal.',
  ),
} as const;

export type SettingName = keyof typeof settings;

type Values = { readonly [K in SettingName]: z.infer<(typeof settings)[K]['schema']> | undefined };
type WithFallback = {
  [K in SettingName]: (typeof settings)[K] extends { readonly fallback: string } ? K : never;
}[SettingName];

/** All settings, parsed and validated. */
export type Config = Values & { readonly [K in WithFallback]: Exclude<Values[K], undefined> };

/** Settings as text, by name. */
export type SettingTexts = { readonly [K in SettingName]?: string | undefined };

export const settingNames = Object.keys(settings) as readonly SettingName[];

/** `BELLWIRE_DATABASE_URL` */
export const variableOf = (name: SettingName): string => `BELLWIRE_${name.toUpperCase()}`;

/** `--database-url` */
export const flagOf = (name: SettingName): string => `--${name.replaceAll('_', '-')}`;

const origins = new WeakMap<SettingTexts, SettingOrigin>();

/** Notes where settings come from, for `shownSettings`. Without it, they come from `code`. */
export const settingsFrom = (origin: SettingOrigin, texts: SettingTexts): SettingTexts => {
  origins.set(texts, origin);
  return texts;
};

/** The settings in the environment; an empty variable counts as absent. The only reader of `process.env`. */
export const textsFromEnvironment = (environment: NodeJS.ProcessEnv = process.env): SettingTexts => {
  const known = new Set(settingNames.map(variableOf));
  const unknown = Object.keys(environment).find((name) => name.startsWith('BELLWIRE_') && !known.has(name));
  if (unknown !== undefined) {
    throw new BellwireError(
      'config_invalid',
      `Unknown setting ${unknown}. Known settings: ${[...known].join(', ')}.`,
    );
  }
  return settingsFrom(
    'environment',
    Object.fromEntries(settingNames.map((name) => [name, environment[variableOf(name)] || undefined])),
  );
};

const assertPayloadRetention = ({ retention: all, payload_retention: payload }: Config): void => {
  if (all === null || payload === null || payload <= all) return;
  throw new BellwireError(
    'config_invalid',
    `Invalid ${variableOf('payload_retention')} (or ${flagOf('payload_retention')}): must be at most ${variableOf('retention')}, after which the whole event is deleted. ${settings.payload_retention.about}`,
  );
};

const shown = new WeakMap<Config, readonly ShownSetting[]>();

const SECRET_SETTINGS: ReadonlySet<SettingName> = new Set(['api_key', 'encryption_keys']);

/** Every setting with its value, without secrets, and where it comes from. */
export const shownSettings = (config: Config): readonly ShownSetting[] => shown.get(config) ?? [];

/** The settings that differ from their defaults, as they were given; secrets as `[set]`. */
export const changedSettings = (config: Config): SettingTexts => {
  const changed = shownSettings(config).filter(
    ({ name, value, is_set }) => is_set && value !== fallbackOf(name as SettingName),
  );
  return Object.fromEntries(changed.map(({ name, value }) => [name, value ?? '[set]']));
};

const fallbackOf = (name: SettingName): string | undefined => {
  const { fallback }: Setting<z.ZodType> = settings[name];
  return fallback;
};

/** The first source that has a setting. */
const findGiven = (name: SettingName, sources: readonly SettingTexts[]) => {
  const source = sources.find((texts) => texts[name] !== undefined);
  return source === undefined
    ? { text: fallbackOf(name), origin: 'default' as const }
    : { text: source[name], origin: origins.get(source) ?? 'code' };
};

/** A URL without its user name and password. */
const withoutCredentials = (url: string): string => url.replace(/^(\w+:\/*)?.*@/s, '$1[secret]@');

const shownValue = (name: SettingName, given: string | undefined): string | null => {
  if (given === undefined || SECRET_SETTINGS.has(name)) return null;
  if (name === 'database_url' && given.startsWith('file:')) return given;
  const is_url = name === 'proxy' || name === 'database_url' || name === 'database_direct_url';
  return is_url ? withoutCredentials(given) : given;
};

const showSetting = (name: SettingName, given: string | undefined, origin: SettingOrigin): ShownSetting => {
  const is_secret = SECRET_SETTINGS.has(name);
  return {
    name,
    variable: variableOf(name),
    flag: flagOf(name),
    value: shownValue(name, given),
    is_secret,
    is_set: given !== undefined,
    origin,
    about: settings[name].about,
  };
};

/**
 * Reads settings. The first source that has a setting wins.
 * @throws BellwireError `config_invalid`, which names the setting, the problem and the expected value.
 */
export const readConfig = (...sources: readonly SettingTexts[]): Config => {
  const values: Record<string, unknown> = {};
  const all: ShownSetting[] = [];
  for (const name of settingNames) {
    const { schema, about }: Setting<z.ZodType> = settings[name];
    const { text: given, origin } = findGiven(name, sources);
    all.push(showSetting(name, given, origin));
    if (given === undefined) continue;
    const parsed = schema.safeParse(given, { error: issueInWords });
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new BellwireError(
        'config_invalid',
        `Invalid ${variableOf(name)} (or ${flagOf(name)}): ${issue?.message ?? 'the value cannot be read'}. ${about}`,
        { cause: parsed.error },
      );
    }
    values[name] = parsed.data;
  }
  const config = Object.freeze(values) as unknown as Config;
  assertPayloadRetention(config);
  shown.set(config, all);
  return config;
};

/** The table of settings in the README, in Markdown. */
export const settingsTable = (): string => {
  const rows = settingNames.map((name) => {
    const { fallback, about }: Setting<z.ZodType> = settings[name];
    return `| \`${variableOf(name)}\` | \`${flagOf(name)}\` | ${fallback === undefined ? 'unset' : `\`${fallback}\``} | ${about} |`;
  });
  return ['| variable | flag | default | what it does |', '|---|---|---|---|', ...rows].join('\n');
};
