import { equalInConstantTime } from '../core/signing.ts';
import type { Dialect } from './define-dialect.ts';

export interface Received {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Whether a request carries what the dialect would have signed it with, given the hook's live secrets: the
 * signatures are made again and compared in constant time.
 */
export const isSigned = (dialect: Dialect, received: Received, secrets: readonly string[]): boolean => {
  const identity = dialect.identify(received.headers);
  const [current, ...previous] = secrets;
  if (identity === null || current === undefined) return false;
  const expected = dialect.sign({ ...identity, body: received.body, secrets: [current, ...previous] });
  const entries = Object.entries(expected);
  return (
    entries.length > 0 &&
    entries.every(([name, value]) => equalInConstantTime(received.headers[name.toLowerCase()] ?? '', value))
  );
};
