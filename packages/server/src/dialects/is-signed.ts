import { type DialectName, isDialectName, receiverDialects, verify } from '@bellwire/verify';
import { ASYMMETRIC_PREFIX } from '../core/secrets.ts';
import { equalInConstantTime } from '../core/signing.ts';
import type { Dialect, Signing } from './dialect.ts';
import { builtIn } from './registry.ts';
import { wholeSeconds } from './times.ts';

export interface Received {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface Checking {
  /** The secrets that sign now. */
  readonly secrets: readonly string[];
  /** In milliseconds. */
  readonly now: number;
}

/** The same tolerance as in `verify`. */
const TOLERANCE_S = 300;
/** A private key ends with its public key. */
const PUBLIC_KEY_BYTES = 32;

/** The secret with which a receiver verifies: of an ed25519 key pair, the public key. */
export const receiversSecret = (dialect: DialectName, secret: string): string => {
  const isPair = receiverDialects[dialect].scheme === 'standard' && secret.startsWith(ASYMMETRIC_PREFIX);
  if (!isPair) return secret;
  const bytes = Buffer.from(secret.slice(ASYMMETRIC_PREFIX.length), 'base64');
  return `whpk_${bytes.subarray(-PUBLIC_KEY_BYTES).toString('base64')}`;
};

/** A user's own dialect may have the name of a built-in one. */
export const isBuiltIn = (dialect: Dialect): dialect is Dialect & { readonly name: DialectName } =>
  isDialectName(dialect.name) && builtIn[dialect.name] === dialect;

/** A timestamp in a custom format is accepted at any age. */
const isTimely = (dialect: Dialect, timestamp: string, now: number): boolean =>
  dialect.timestamp !== wholeSeconds ||
  (/^[0-9]{1,12}$/.test(timestamp) && Math.abs(now / 1000 - Number(timestamp)) <= TOLERANCE_S);

/** The timestamp inside a signature, as in Stripe's; null if there is none, empty if there are several. */
const timestampInside = (signature: string): string | null => {
  const [only, ...others] = signature.split(',').filter((part) => part.startsWith('t='));
  return only === undefined ? null : others.length > 0 ? '' : only.slice('t='.length);
};

/** The body as text where it is valid UTF-8, because dialects sign text. */
export const asText = (body: Uint8Array): string | Uint8Array => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return body;
  }
};

/** The signatures in the value of a signature header. */
const partsOf = (dialect: Dialect, header: string): readonly string[] =>
  dialect.signs_with === 'all' ? header.split(dialect.signature_separator) : [header];

/** Whether the header holds the signature that the dialect's own function makes. Compares in constant time. */
export const holdsSignature = (dialect: Dialect, header: string, signing: Signing): boolean => {
  // The last part: a timestamp inside the signature precedes it.
  const expected = partsOf(dialect, dialect.sign(signing)).at(-1) ?? '';
  return partsOf(dialect, header).some((given) => equalInConstantTime(given, expected));
};

const isSignedByOwn = (dialect: Dialect, received: Received, { secrets, now }: Checking): boolean => {
  const { signature, secret, id, timestamp } = dialect.header_names;
  const read = (name = ''): string => received.headers[name.toLowerCase()] ?? '';
  const required = [id, timestamp, signature, secret].filter((name) => name !== undefined);
  if (required.some((name) => read(name) === '')) return false;
  const usable = secrets.filter((one) => one !== '' && dialect.secret.refuse(one) === null);
  if (signature === undefined) return usable.some((one) => equalInConstantTime(read(secret), one));
  const signed_at = timestamp === undefined ? timestampInside(read(signature)) : read(timestamp);
  if (signed_at !== null && !isTimely(dialect, signed_at, now)) return false;
  const signing = { id: read(id), timestamp: signed_at ?? '', body: asText(received.body) };
  return usable.some((one) => holdsSignature(dialect, read(signature), { ...signing, secrets: [one] }));
};

/**
 * Whether a request is signed with one of the secrets as the dialect specifies, at most five minutes ago where it signs
 * whole seconds. Requests of built-in dialects are verified as receivers verify them.
 */
export const isSigned = async (
  dialect: Dialect,
  received: Received,
  checking: Checking,
): Promise<boolean> => {
  if (!isBuiltIn(dialect)) return isSignedByOwn(dialect, received, checking);
  const { accepted } = await verify(received, {
    dialect: dialect.name,
    secret: checking.secrets.map((one) => receiversSecret(dialect.name, one)),
    now: () => checking.now,
    max_body_bytes: Infinity,
  });
  return accepted;
};
