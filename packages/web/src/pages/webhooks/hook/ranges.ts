const HOUR_MS = 3_600_000;

/** A range of the health chart, and the length of its buckets. */
export interface Range {
  readonly key: '1h' | '24h' | '7d';
  readonly length_ms: number;
  readonly step: string;
}

const day: Range = { key: '24h', length_ms: 24 * HOUR_MS, step: '1h' };

export const ranges: readonly Range[] = [
  { key: '1h', length_ms: HOUR_MS, step: '2m' },
  day,
  { key: '7d', length_ms: 168 * HOUR_MS, step: '6h' },
];

export const rangeOf = (key: string | undefined): Range => ranges.find((range) => range.key === key) ?? day;
