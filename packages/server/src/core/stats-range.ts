import { BellwireError } from './errors.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How long counts are kept by the minute; older ones are kept by the hour. */
const MINUTES_KEPT_MS = 48 * HOUR_MS;

/** The end of the hours whose minutes may be merged. */
export const mergedBefore = (now: number): number => Math.floor((now - MINUTES_KEPT_MS) / HOUR_MS) * HOUR_MS;

const MAX_POINTS = 1_000;
const MAX_RANGE_MS = 400 * DAY_MS;

const UNITS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

/** A whole number of minutes, hours or days. */
export const STEP = /^([1-9]\d{0,3})([mhd])$/;

/** Buckets from `from` (inclusive) to `to` (exclusive), both multiples of `step_ms` since 1970. */
export interface StatsRange {
  readonly from: number;
  readonly to: number;
  readonly step_ms: number;
}

/** `5m`, `1h`, `1d` for milliseconds. */
export const stepText = (step_ms: number): string => {
  const [unit, size] = Object.entries(UNITS).findLast(([, ms]) => step_ms % ms === 0) ?? ['m', MINUTE_MS];
  return `${step_ms / size}${unit}`;
};

const readStep = (text: string): number => {
  const [, count = '1', unit = 'm'] = STEP.exec(text) ?? [];
  return Number(count) * (UNITS[unit] ?? MINUTE_MS);
};

const refuse = (path: string, message: string): BellwireError =>
  new BellwireError('invalid_input', `${path}: ${message}.`, { issues: [{ path, message }] });

const defaultStep = (from: number, to: number, now: number): number => {
  if (to - from <= 2 * HOUR_MS && from >= mergedBefore(now)) return MINUTE_MS;
  return to - from <= 14 * DAY_MS ? HOUR_MS : DAY_MS;
};

export interface StatsQuery {
  /** Milliseconds. Default: 24 hours before `to`. */
  readonly from?: number | undefined;
  /** Milliseconds. Default: now. */
  readonly to?: number | undefined;
  /** In the form of `STEP`. Default: by the length of the range. */
  readonly step?: string | undefined;
}

/**
 * The buckets of a query: `from` is rounded down and `to` up to whole steps.
 * @throws BellwireError `invalid_input` if there are more than 1,000, or minutes of more than 48 hours ago.
 */
export const statsRange = (query: StatsQuery, now: number): StatsRange => {
  const { to = now, from = to - DAY_MS, step } = query;
  if (from >= to) throw refuse('from', 'must be before `to`, which is now by default');
  if (to - from > MAX_RANGE_MS) throw refuse('from', 'must be at most 400 days before `to`');
  const step_ms = step === undefined ? defaultStep(from, to, now) : readStep(step);
  const range = {
    from: Math.floor(from / step_ms) * step_ms,
    to: Math.ceil(to / step_ms) * step_ms,
    step_ms,
  };
  const points = (range.to - range.from) / step_ms;
  if (points > MAX_POINTS) {
    const fitting =
      [5 * MINUTE_MS, HOUR_MS, DAY_MS].find((ms) => (to - from) / ms < MAX_POINTS - 1) ?? DAY_MS;
    throw refuse(
      'step',
      `would return ${points.toLocaleString('en')} buckets; at most 1,000 are possible. Use \`${stepText(fitting)}\`, or a shorter range`,
    );
  }
  if (step_ms % HOUR_MS !== 0 && range.from < mergedBefore(now)) {
    throw refuse(
      'step',
      'must be a number of hours or days, because minutes of more than 48 hours ago are not kept. Use `1h`, or a later `from`',
    );
  }
  return range;
};
