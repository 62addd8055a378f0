import { createHmac, KeyObject, timingSafeEqual, verify as verifyEd25519 } from 'node:crypto';
import { type Dialect, type DialectName, dialectOf } from './dialects.ts';
import { fromBase64, type Key, keyOf } from './keys.ts';

/** Names in lower case, as node:http gives them. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Verification {
  readonly dialect: DialectName;
  /** The current secret first, then those that are still accepted. */
  readonly secrets: readonly string[];
  readonly headers: Headers;
  /** Exactly the bytes that came. */
  readonly body: Uint8Array;
  /** In seconds. */
  readonly now: number;
}

export type Reason =
  | 'secret_unusable'
  | 'header_missing'
  | 'timestamp_malformed'
  | 'clock_off'
  | 'body_changed'
  | 'signature_mismatch';

/** `detail` is for the log: it never holds a secret, a signature or the body. */
export type Verdict =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly reason: Reason; readonly detail: string };

/** As the Standard Webhooks specification has it: long enough for clocks that disagree. */
const TOLERANCE_S = 300;

const refused = (reason: Reason, detail: string): Verdict => ({ accepted: false, reason, detail });

/** The value of a header; empty when it is not there. */
export const headerOf = (headers: Headers, name: string): string => {
  const value = headers[name];
  return typeof value === 'string' ? value : (value?.join(', ') ?? '');
};

const equalInConstantTime = (a: string, b: string | Uint8Array): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};

const missingHeader = ({ id, timestamp, proof }: Dialect, headers: Headers): string | undefined => {
  const needed = [id, timestamp, proof].flatMap((place) =>
    typeof place === 'object' && place !== null && 'header' in place ? [place.header] : [],
  );
  return needed.find((name) => headerOf(headers, name) === '');
};

/** The time of sending as it was written; null in a dialect that has none, empty when it is not there exactly once. */
const timestampOf = ({ timestamp, proof }: Dialect, headers: Headers): string | null => {
  if (timestamp === null) return null;
  if (timestamp !== 'in_proof') return headerOf(headers, timestamp.header);
  const times = headerOf(headers, proof.header)
    .split(',')
    .filter((part) => part.startsWith('t='));
  return times.length === 1 ? (times[0]?.slice('t='.length) ?? '') : '';
};

const judgeClock = (timestamp: string, now: number): Verdict => {
  if (!/^\d{1,12}$/.test(timestamp)) {
    return refused('timestamp_malformed', 'the time of sending is not there as whole seconds since 1970');
  }
  const age = now - Number(timestamp);
  return Math.abs(age) <= TOLERANCE_S
    ? { accepted: true }
    : refused(
        'clock_off',
        `sent ${Math.round(Math.abs(age))} seconds ${age > 0 ? 'ago' : 'in the future'} by the clocks, ` +
          `${TOLERANCE_S} are allowed: check both clocks; or it is a replay`,
      );
};

interface Signed {
  readonly before: string;
  readonly body: Uint8Array;
}

const signatureMatches = (dialect: Dialect, given: string, { before, body }: Signed) => {
  const { prefix, separator, written } = dialect.proof;
  const parts = separator === null ? [given] : given.split(separator);
  return (key: Key): boolean => {
    if (key instanceof KeyObject) {
      const message = Buffer.concat([Buffer.from(before), body]);
      const signatures = parts
        .filter((part) => part.startsWith('v1a,'))
        .map((part) => fromBase64(part.slice(4)));
      return signatures.some((bytes) => bytes !== null && verifyEd25519(null, message, key, bytes));
    }
    if (written === 'secret') return equalInConstantTime(given, key);
    const expected = prefix + createHmac('sha256', key).update(before).update(body).digest(written);
    return parts.some((part) => equalInConstantTime(part, expected));
  };
};

const mismatch = (headers: Headers, body: Uint8Array): Verdict => {
  const announced = headerOf(headers, 'content-length');
  return announced !== '' && Number(announced) !== body.length
    ? refused(
        'body_changed',
        `content-length says ${Number(announced)} bytes, the body has ${body.length}: ` +
          'something between the sender and here rewrote the body',
      )
    : refused('signature_mismatch', 'no secret fits: compare WEBHOOK_SECRET with the secret of the hook');
};

/** Whether a request comes from somebody who knows one of the secrets, as the dialect proves it. */
export const verify = ({ dialect: name, secrets, headers, body, now }: Verification): Verdict => {
  const dialect = dialectOf(name);
  const keys = secrets.map((secret) => keyOf(dialect, secret)).filter((key) => key !== null);
  if (keys.length === 0) return refused('secret_unusable', 'none of the secrets can be used in this dialect');
  const missing = missingHeader(dialect, headers);
  if (missing !== undefined) return refused('header_missing', `${missing} is not there, or empty`);
  const timestamp = timestampOf(dialect, headers);
  const clock = timestamp === null ? null : judgeClock(timestamp, now);
  if (clock?.accepted === false) return clock;
  const id = 'header' in dialect.id ? headerOf(headers, dialect.id.header) : '';
  const signed = { before: dialect.proof.before(id, timestamp ?? ''), body };
  return keys.some(signatureMatches(dialect, headerOf(headers, dialect.proof.header), signed))
    ? { accepted: true }
    : mismatch(headers, body);
};
