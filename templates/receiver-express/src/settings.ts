import { type DialectName, dialectOf, dialects, isDialectName } from './dialects.ts';
import { keyOf } from './keys.ts';
import { isLevel, levels } from './log.ts';
import { StartError } from './start-error.ts';

export interface Settings {
  readonly dialect: DialectName;
  /** The current secret, then the previous ones. */
  readonly secrets: readonly string[];
  readonly host: string;
  readonly port: number;
  readonly trust_proxy: number;
  readonly inbox_path: string;
  readonly inbox_limit: number;
  /** Requests a second and client address; 0 is no limit. */
  readonly rate_limit: number;
  readonly max_attempts: number;
  readonly concurrency: number;
  readonly keep_days: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

interface Range {
  readonly fallback: number;
  readonly least: number;
  readonly most: number;
  readonly why?: string;
}

/** The value of a variable; one that is set to nothing counts as not set. */
const valueOf = (environment: Environment, name: string): string | undefined =>
  environment[name] === '' ? undefined : environment[name];

const wholeNumber = (
  environment: Environment,
  name: string,
  { fallback, least, most, why }: Range,
): number => {
  const text = valueOf(environment, name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new StartError(
    `${name} is ${JSON.stringify(text)}, but must be a whole number from ${least} to ${most}${why ?? ''}.`,
  );
};

const readDialect = (environment: Environment): DialectName => {
  const name = valueOf(environment, 'WEBHOOK_DIALECT') ?? 'standard';
  if (isDialectName(name)) return name;
  const known = Object.keys(dialects).join(', ');
  throw new StartError(`WEBHOOK_DIALECT is ${JSON.stringify(name)}, but must be one of: ${known}.`);
};

const readSecrets = (environment: Environment, dialect: DialectName): readonly string[] => {
  const secret = valueOf(environment, 'WEBHOOK_SECRET');
  if (secret === undefined) {
    throw new StartError(
      'WEBHOOK_SECRET is not set. Set it to the secret of your hook: Bellwire shows it when the hook is made (`secret` in the answer to POST /v1/webhooks).',
    );
  }
  const previous = (environment['WEBHOOK_PREVIOUS_SECRETS'] ?? '').split(',').map((one) => one.trim());
  const secrets = [secret, ...previous.filter((one) => one !== '')];
  const unusable = secrets.findIndex((one) => keyOf(dialectOf(dialect), one) === null);
  if (unusable !== -1) {
    const name = unusable === 0 ? 'WEBHOOK_SECRET' : 'WEBHOOK_PREVIOUS_SECRETS';
    throw new StartError(
      `${name} has a secret that cannot be used: after whsec_ or whpk_ must stand the base64 of a key. ` +
        'Copy it again, exactly as the sender shows it.',
    );
  }
  return secrets;
};

export const readInboxPath = (environment: Environment): string =>
  valueOf(environment, 'INBOX_PATH') ?? 'data/inbox.db';

/**
 * Reads and checks every setting.
 * @throws StartError with the first one that is wrong; it never tells a secret.
 */
export const readSettings = (environment: Environment): Settings => {
  const number = (name: string, range: Range) => wholeNumber(environment, name, range);
  const dialect = readDialect(environment);
  const level = valueOf(environment, 'LOG_LEVEL') ?? 'info';
  if (!isLevel(level)) {
    throw new StartError(`LOG_LEVEL is ${JSON.stringify(level)}, but must be one of: ${levels.join(', ')}.`);
  }
  return {
    dialect,
    secrets: readSecrets(environment, dialect),
    host: valueOf(environment, 'HOST') ?? '0.0.0.0',
    port: number('PORT', { fallback: 3000, least: 0, most: 65_535 }),
    trust_proxy: number('TRUST_PROXY', { fallback: 0, least: 0, most: 100 }),
    inbox_path: readInboxPath(environment),
    inbox_limit: number('INBOX_LIMIT', { fallback: 10_000, least: 1, most: 100_000_000 }),
    rate_limit: number('RATE_LIMIT', { fallback: 1000, least: 0, most: 1_000_000 }),
    max_attempts: number('MAX_ATTEMPTS', { fallback: 8, least: 1, most: 1000 }),
    concurrency: number('CONCURRENCY', { fallback: 1, least: 1, most: 1000 }),
    keep_days: number('KEEP_DAYS', {
      fallback: 14,
      // The standard schedule takes 75.6 hours, and up to a quarter more by its jitter: 3.94 days.
      least: 4,
      most: 3650,
      why: ': an id must be remembered for as long as the sender may send it again',
    }),
  };
};
