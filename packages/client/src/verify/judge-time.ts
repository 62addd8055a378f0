import type { ReceiverDialect } from './dialects.ts';
import { plural } from './plural.ts';
import type { ReadRequest } from './read-received.ts';
import { type Refused, refused } from './refusal.ts';

/** Stripe's own: the time stands in the signature's header, once. */
const timestampInside = (header: string): string => {
  const [only, ...others] = header.split(',').filter((part) => part.startsWith('t='));
  return only === undefined || others.length > 0 ? '' : only.slice('t='.length);
};

/** The text of the time of signing; null in a dialect that signs none. */
export const timestampOf = ({ header }: ReadRequest, dialect: ReceiverDialect): string | null => {
  if (dialect.timestamp !== null) return header(dialect.timestamp);
  return dialect.scheme === 'stripe' ? timestampInside(header(dialect.signature)) : null;
};

/** Why a time of signing is not taken; null when it is. */
export const judgeTime = (timestamp: string, now_s: number, tolerance_s: number): Refused | null => {
  if (!/^[0-9]{1,12}$/.test(timestamp)) {
    return refused('timestamp_malformed', 'The time of signing is not a number of seconds since 1970.');
  }
  const off = now_s - Number(timestamp);
  if (Math.abs(off) <= tolerance_s) return null;
  const seconds = plural(Math.round(Math.abs(off)), 'second');
  return refused(
    'clock_off',
    off > 0
      ? `It was signed ${seconds} ago, and ${tolerance_s} are allowed. It is a replay, or this machine's clock is ahead, or the sender's is behind.`
      : `It was signed ${seconds} in the future, and ${tolerance_s} are allowed. This machine's clock is behind, or the sender's is ahead.`,
  );
};
