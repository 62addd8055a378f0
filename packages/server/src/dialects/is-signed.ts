import { equalInConstantTime } from '../core/signing.ts';
import type { Dialect } from './dialect.ts';

export interface Received {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The timestamp of a signature that carries it itself, as Stripe's does. */
const timestampInside = (signature: string): string =>
  /(?:^|,)t=(\d{1,12})(?:,|$)/.exec(signature)?.[1] ?? '';

/**
 * Whether a request carries what the dialect would have signed it with, given the secrets that sign now: the
 * signature is made again and compared in constant time. Where the secret itself travels, that is compared.
 */
export const isSigned = (dialect: Dialect, received: Received, secrets: readonly string[]): boolean => {
  const [current, ...previous] = secrets;
  if (current === undefined) return false;
  const { signature, secret, id, timestamp } = dialect.header_names;
  const read = (name: string | undefined): string =>
    name === undefined ? '' : (received.headers[name.toLowerCase()] ?? '');
  if (signature === undefined) return secret !== undefined && equalInConstantTime(read(secret), current);
  const expected = dialect.sign({
    id: read(id),
    timestamp: timestamp === undefined ? timestampInside(read(signature)) : read(timestamp),
    body: received.body,
    secrets: [current, ...previous],
  });
  return equalInConstantTime(read(signature), expected);
};
