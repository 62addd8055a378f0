import { z } from 'zod';
import { type DialectName, isUsableSecret, receiverDialects } from './verify.ts';

/** Ends the process with one line on stderr, which says what is wrong and what to do. */
export function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

const wholeNumber = (fallback: number, min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`;
  const range = z.number().min(min, error).max(max, error);
  return z.string().regex(/^\d+$/, error).transform(Number).pipe(range).default(fallback);
};

const names = Object.keys(receiverDialects) as DialectName[];

const schema = z.object({
  WEBHOOK_SECRET: z.string('Set it to the secret of your hook, which the sender shows when you create it'),
  WEBHOOK_PREVIOUS_SECRETS: z.string().default(''),
  WEBHOOK_DIALECT: z.enum(names, `must be one of: ${names.join(', ')}`).default('standard'),
  HOST: z.string().default('0.0.0.0'),
  PORT: wholeNumber(3000, 0, 65_535),
  INBOX_PATH: z.string().default('data/inbox.db'),
  INBOX_LIMIT: wholeNumber(10_000, 1, 100_000_000),
  MAX_ATTEMPTS: wholeNumber(8, 1, 1000),
  // At least 4: the standard schedule sends an event again for up to 3.94 days (75.6 hours and a quarter of jitter).
  KEEP_DAYS: wholeNumber(14, 4, 3650),
});

// An empty variable counts as not set.
const given = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''));
const { data, error } = schema.safeParse(given);
if (data === undefined) {
  const [{ path: [name], message } = { path: [], message: '' }] = error.issues;
  const value = given[String(name)];
  fail(`${String(name)} is ${value === undefined ? 'not set. ' : `"${value}", but `}${message}.`);
}

/** The environment. A wrong setting has ended the process, with a message without any secret. */
export const settings = data;

const previous = settings.WEBHOOK_PREVIOUS_SECRETS.trim().split(/\s*,\s*/);
/** The current secret and the previous ones. */
export const secrets = [settings.WEBHOOK_SECRET, ...previous.filter((secret) => secret !== '')];
const { scheme } = receiverDialects[settings.WEBHOOK_DIALECT];
const unusable = secrets.findIndex((secret) => !isUsableSecret(scheme, secret));
if (unusable !== -1) {
  const name = unusable === 0 ? 'WEBHOOK_SECRET' : 'WEBHOOK_PREVIOUS_SECRETS';
  fail(`${name} has an unusable secret: whsec_ or whpk_ must be followed by base64. Copy the secret again.`);
}
