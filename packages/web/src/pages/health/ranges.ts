const HOUR = 3_600_000;

interface Range {
  readonly name: string;
  readonly length_ms: number;
  /** The length of a bucket, as the API takes it. */
  readonly step: string;
}

/** The ranges of time that statistics are shown for. Each has between 60 and 170 buckets. */
export const RANGES = {
  '1h': { name: '1 h', length_ms: HOUR, step: '1m' },
  '24h': { name: '24 h', length_ms: 24 * HOUR, step: '15m' },
  '7d': { name: '7 d', length_ms: 7 * 24 * HOUR, step: '1h' },
} as const satisfies Readonly<Record<string, Range>>;

export type RangeName = keyof typeof RANGES;

export const RANGE_OPTIONS = Object.entries(RANGES).map(([value, { name }]) => [value, name] as const);

const isRange = (text: string): text is RangeName => Object.hasOwn(RANGES, text);

/** The range that the address names; an hour without one. */
export const rangeOf = (text: string | undefined): RangeName =>
  text !== undefined && isRange(text) ? text : '1h';
