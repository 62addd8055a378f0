import { z } from 'zod';
import { levels } from './log.ts';
import { type DialectName, isUsableSecret, receiverDialects } from './verify.ts';

/** Why the receiver cannot start: one line with what is wrong and what to do. */
export class StartError extends Error {}

export type Environment = Readonly<Record<string, string | undefined>>;

const wholeNumber = (fallback: number, [min, max]: readonly [number, number], why = '') => {
  const error = `must be a whole number from ${min} to ${max}${why}`;
  const range = z.number().min(min, error).max(max, error);
  return z.string().regex(/^\d+$/, error).transform(Number).pipe(range).default(fallback);
};

const oneOf = <const Name extends string>(names: readonly Name[], fallback: NoInfer<Name>) =>
  z.enum(names, `must be one of: ${names.join(', ')}`).default(() => fallback);

const SECRET_IS_MISSING =
  'Set it to the secret of your hook: Bellwire returns it when you create the hook (`secret` in the answer to POST /v1/webhooks)';

// The standard schedule takes 75.6 hours, and up to a quarter more by its jitter: 3.94 days.
const MIN_KEEP_DAYS = 4;

const schema = z.object({
  WEBHOOK_SECRET: z.string(SECRET_IS_MISSING),
  WEBHOOK_PREVIOUS_SECRETS: z.string().default(''),
  WEBHOOK_DIALECT: oneOf(Object.keys(receiverDialects) as DialectName[], 'standard'),
  HOST: z.string().default('0.0.0.0'),
  PORT: wholeNumber(3000, [0, 65_535]),
  TRUST_PROXY: wholeNumber(0, [0, 100]),
  INBOX_PATH: z.string().default('data/inbox.db'),
  INBOX_LIMIT: wholeNumber(10_000, [1, 100_000_000]),
  RATE_LIMIT: wholeNumber(1000, [0, 1_000_000]),
  MAX_ATTEMPTS: wholeNumber(8, [1, 1000]),
  CONCURRENCY: wholeNumber(1, [1, 1000]),
  KEEP_DAYS: wholeNumber(14, [MIN_KEEP_DAYS, 3650], ': the sender may send an event again for that long'),
  LOG_LEVEL: oneOf(levels, 'info'),
});

export type Settings = z.infer<typeof schema> & { readonly secrets: readonly string[] };

export const readInboxPath = ({ INBOX_PATH = '' }: Environment): string =>
  schema.shape.INBOX_PATH.parse(INBOX_PATH || undefined);

/**
 * Reads the environment. A variable that is set to nothing counts as not set.
 * @throws StartError for the first setting that is wrong, without any secret
 */
export const readSettings = (environment: Environment): Settings => {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const { data, error } = schema.safeParse(given);
  if (data === undefined) {
    const [{ path, message } = { path: [], message: '' }] = error.issues;
    const name = String(path[0]);
    const value = given[name];
    throw new StartError(
      value === undefined
        ? `${name} is not set. ${message}.`
        : `${name} is ${JSON.stringify(value)}, but ${message}.`,
    );
  }
  const previous = data.WEBHOOK_PREVIOUS_SECRETS.split(',').map((one) => one.trim());
  const secrets = [data.WEBHOOK_SECRET, ...previous.filter((one) => one !== '')];
  const { scheme } = receiverDialects[data.WEBHOOK_DIALECT];
  const unusable = secrets.findIndex((one) => !isUsableSecret(scheme, one));
  if (unusable !== -1) {
    const name = unusable === 0 ? 'WEBHOOK_SECRET' : 'WEBHOOK_PREVIOUS_SECRETS';
    throw new StartError(
      `${name} has an unusable secret: whsec_ or whpk_ must be followed by a key in base64. Copy it again, exactly as the sender shows it.`,
    );
  }
  return { ...data, secrets };
};
