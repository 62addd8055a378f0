import { normalized } from './two-surfaces.ts';

type Fields = Readonly<Record<string, unknown>>;

const namesOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? Object.keys(value).toSorted() : value;

/** Of what was sent the names of the headers and the length of the body: the rest carries ids, times and signatures. */
const outlineOf = (sent: Fields): Fields => ({
  ...sent,
  headers: namesOf(sent['headers']),
  body: String(sent['body']).length,
});

/** A secret that nobody chose: those of a test are words. */
const isMadeUp = (secret: string): boolean => /^(?:whsec_|sk_|[0-9a-f]{20})/.test(secret);

/** When an event happened, where its sender said so: that is no chance. */
const withChosenTime = (event: Fields): Fields => ({
  ...event,
  occurred_at:
    event['occurred_at'] === event['created_at']
      ? 'when accepted'
      : `at ${Date.parse(String(event['occurred_at']))}`,
});

const withoutChanceIn = (name: string, value: unknown): unknown => {
  if (typeof value === 'object' && value !== null && 'occurred_at' in value) {
    return withChosenTime(value);
  }
  // Both sides act within a second of each other, and graces are told apart by days.
  if (name === 'expires_at' && typeof value === 'string') return value.slice(0, 10);
  if (name === 'duration_ms') return 0;
  if (name === 'timings') return value === null ? null : 'measured';
  if ((name === 'request' || name === 'response') && typeof value === 'object' && value !== null) {
    return outlineOf(value as Fields);
  }
  if (name === 'secret' && typeof value === 'string' && isMadeUp(value)) return '<secret>';
  return value;
};

/** JSON text without what two runs never share: ids, times, measurements, made-up secrets, signatures. */
export const withoutChance = (value: unknown): string =>
  value === undefined ? 'nothing' : normalized(JSON.parse(JSON.stringify(value, withoutChanceIn)));

const AROUND = 300;

/** Where two texts part, with what stands around it on either side; null when they are equal. */
export const parting = (left: string, right: string): readonly [string, string] | null => {
  if (left === right) return null;
  let at = 0;
  while (left[at] === right[at]) at += 1;
  const around = (text: string): string => text.slice(Math.max(0, at - AROUND), at + AROUND);
  return [around(left), around(right)];
};
