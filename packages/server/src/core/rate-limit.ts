export const ratePeriods = ['second', 'minute', 'hour', 'day'] as const;
export type RatePeriod = (typeof ratePeriods)[number];

/** Maximum rate at which a hook receives deliveries. A type and not an interface, so that it counts as JSON. */
export type RateLimit = {
  readonly count: number;
  readonly per: RatePeriod;
};

const PERIOD_MS: Readonly<Record<RatePeriod, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/**
 * After a pause, a hook may receive at once what its limit allows in this time, and one more. It also absorbs timers that
 * fire late, so that the full rate is reached.
 */
const BURST_MS = 250;

/**
 * Transactions of several nodes can use a limit in another order than that of their times: their clocks differ, and one
 * can wait for the lock of another. Longer than both usually take.
 */
const DISORDER_MS = 1_000;

/** Sums of fractions of milliseconds since 1970 are exact to about a quarter of this. */
const ROUNDING_MS = 1e-3;

/** The rate in deliveries per millisecond is `1 / spacing`. */
export const spacingOf = ({ count, per }: RateLimit): number => PERIOD_MS[per] / count;

/**
 * The state of a limit (GCRA): up to when its rate is used up, in milliseconds with fractions. Null if it was never used.
 * A time that this limit cannot have produced comes from a lower limit, or from a clock that was set back: it allows one
 * delivery.
 */
type UsedUntil = number | null;

const usedUntil = (spacing: number, used_until: UsedUntil, now: number): number => {
  const used = Math.max(used_until ?? now, now);
  return used > now + spacing + BURST_MS + DISORDER_MS ? now + BURST_MS : used;
};

/** The number of deliveries that the limit allows at `now`. */
export const allowedNow = (limit: RateLimit, used_until: UsedUntil, now: number): number => {
  const spacing = spacingOf(limit);
  const free_ms = now + BURST_MS + spacing - usedUntil(spacing, used_until, now);
  return Math.max(0, Math.floor((free_ms + ROUNDING_MS) / spacing));
};

/** The state after `taken` deliveries at `now`. */
export const afterTaking = (
  limit: RateLimit,
  used_until: UsedUntil,
  { taken, now }: { readonly taken: number; readonly now: number },
): number => {
  const spacing = spacingOf(limit);
  return usedUntil(spacing, used_until, now) + taken * spacing;
};

/** When the limit allows the next delivery: in whole milliseconds, `now` at the earliest. */
export const allowedAt = (limit: RateLimit, used_until: UsedUntil, now: number): number =>
  Math.max(now, Math.ceil(usedUntil(spacingOf(limit), used_until, now) - BURST_MS - ROUNDING_MS));
