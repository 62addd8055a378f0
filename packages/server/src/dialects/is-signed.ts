import { equalInConstantTime } from '../core/signing.ts';
import type { Dialect } from './dialect.ts';
import { wholeSeconds } from './times.ts';

export interface Received {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface Judging {
  /** The secrets that sign now. Those that the dialect would not take from a user are left out. */
  readonly secrets: readonly string[];
  /** In milliseconds. */
  readonly now: number;
}

/** As receivers have it (the Standard Webhooks specification): long enough for clocks that disagree. */
const TOLERANCE_S = 300;

/** The timestamp of a signature that carries it itself, once, as Stripe's does. */
const timestampInside = (signature: string): string | null => {
  const [only, ...others] = signature.split(',').filter((part) => part.startsWith('t='));
  return only === undefined ? null : others.length > 0 ? '' : only.slice('t='.length);
};

/** A dialect that writes its time in a way of its own is taken at any age: nobody can read that back. */
const isTimely = (dialect: Dialect, timestamp: string, now: number): boolean =>
  dialect.timestamp !== wholeSeconds ||
  (/^[0-9]{1,12}$/.test(timestamp) && Math.abs(now / 1000 - Number(timestamp)) <= TOLERANCE_S);

const isUsable = (dialect: Dialect, secret: string): boolean =>
  secret !== '' && dialect.secret.refuse(secret) === null;

/** The text where the body is one, so that a dialect signs what it would have signed. */
const asText = (body: Uint8Array): string | Uint8Array => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return body;
  }
};

/** The signatures in a header. One that carries its timestamp has that among them, where it does no harm. */
const signaturesIn = (dialect: Dialect, header: string): readonly string[] =>
  dialect.signs_with === 'all' ? header.split(dialect.signature_separator) : [header];

/**
 * Whether a request carries what the dialect would have signed it with, not longer than five minutes ago where it
 * signs whole seconds: the signature is made again for each secret and compared in constant time. Where the secret
 * itself travels, that is compared. Every header that the dialect sends to be verified must be there.
 */
export const isSigned = (dialect: Dialect, received: Received, { secrets, now }: Judging): boolean => {
  const { signature, secret, id, timestamp } = dialect.header_names;
  const read = (name: string | undefined): string =>
    name === undefined ? '' : (received.headers[name.toLowerCase()] ?? '');
  if ([id, timestamp, signature, secret].some((name) => name !== undefined && read(name) === ''))
    return false;
  const usable = secrets.filter((one) => isUsable(dialect, one));
  if (signature === undefined) return usable.some((one) => equalInConstantTime(read(secret), one));
  const signed_at = timestamp === undefined ? timestampInside(read(signature)) : read(timestamp);
  if (signed_at !== null && !isTimely(dialect, signed_at, now)) return false;
  const candidates = signaturesIn(dialect, read(signature));
  const body = asText(received.body);
  return usable.some((one) => {
    const header = dialect.sign({ id: read(id), timestamp: signed_at ?? '', body, secrets: [one] });
    const expected = signaturesIn(dialect, header).at(-1) ?? '';
    return candidates.some((candidate) => equalInConstantTime(candidate, expected));
  });
};
