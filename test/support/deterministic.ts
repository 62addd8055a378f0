import { normalized } from './two-surfaces.ts';

type Fields = Readonly<Record<string, unknown>>;

const namesOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? Object.keys(value).toSorted() : value;

/** A request with the names of its headers and the length of its body: the rest carries ids, times and signatures. */
const outlineOf = (sent: Fields): Fields => ({
  ...sent,
  headers: namesOf(sent['headers']),
  body: String(sent['body']).length,
});

/** Whether a secret was generated: those of the test are words. */
const isGenerated = (secret: string): boolean => /^(?:whsec_|sk_|[0-9a-f]{20})/.test(secret);

/** Keeps the time of an event only if its sender specified it. */
const withSpecifiedTime = (event: Fields): Fields => ({
  ...event,
  occurred_at:
    event['occurred_at'] === event['created_at']
      ? 'when accepted'
      : `at ${Date.parse(String(event['occurred_at']))}`,
});

const MEASURED: ReadonlySet<string> = new Set(['duration_ms', 'last_duration_ms']);

const deterministicField = (name: string, value: unknown): unknown => {
  if (typeof value === 'object' && value !== null && 'occurred_at' in value) {
    return withSpecifiedTime(value);
  }
  // Concurrent attempts of one hook can end in another order on the other side.
  if (name === 'consecutive_failures') return 'counted';
  // Both sides act within a second of each other, and grace times differ by days.
  if (name === 'expires_at' && typeof value === 'string') return value.slice(0, 10);
  if (MEASURED.has(name)) return 0;
  // Statistics: an attempt can be recorded in the next minute on one side. The total stays.
  // A retry can be due on one side already.
  if (name === 'latency' || name === 'buckets' || name === 'backlog') return 'measured';
  // An explained signature: each side has its own secrets.
  if (name === 'expected' || name === 'received' || name === 'signed')
    return value === null ? null : 'signed';
  if (name === 'headers' && Array.isArray(value)) return value.length;
  // The two servers have ids, files and ports of their own.
  if (name === 'database' || name === 'settings' || name === 'node_id') return 'of the process';
  if (name === 'timings') return value === null ? null : 'measured';
  if ((name === 'request' || name === 'response') && typeof value === 'object' && value !== null) {
    return outlineOf(value as Fields);
  }
  if (name === 'secret' && typeof value === 'string' && isGenerated(value)) return '<secret>';
  return value;
};

/** JSON text without the values that differ between two runs: ids, times, measurements, generated secrets, signatures. */
export const deterministic = (value: unknown): string =>
  value === undefined ? 'nothing' : normalized(JSON.parse(JSON.stringify(value, deterministicField)));

const CONTEXT_LENGTH = 300;

/** The first difference of two texts with its context; null when they are equal. */
export const firstDifference = (left: string, right: string): readonly [string, string] | null => {
  if (left === right) return null;
  let at = 0;
  while (left[at] === right[at]) at += 1;
  const around = (text: string): string => text.slice(Math.max(0, at - CONTEXT_LENGTH), at + CONTEXT_LENGTH);
  return [around(left), around(right)];
};
