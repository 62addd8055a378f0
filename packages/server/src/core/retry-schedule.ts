/** When a failed delivery is retried, and when its hook is disabled. All times in milliseconds. */
export interface RetryPolicy {
  /** Delay before attempt 1, 2, 3, …, each counted from the previous failure. The length is the number of attempts. */
  readonly delays_ms: readonly number[];
  /** When failures disable the hook. */
  readonly disable:
    | { readonly when: 'failing'; readonly for_ms: number; readonly min_attempts: number }
    | { readonly when: 'exhausted' };
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The schedule of the Standard Webhooks specification: ten attempts over about 75 hours. */
export const STANDARD_DELAYS_MS: readonly number[] = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** Only failures for five days, and at least twenty of them. */
export const DISABLE_WHEN_FAILING = { when: 'failing', for_ms: 5 * DAY, min_attempts: 20 } as const;

/** The maximum delay that a receiver can request. */
export const RETRY_AFTER_MAX_MS = DAY;

/** The maximum number of attempts of one delivery, and of delays in a hook's own schedule. */
export const MAX_ATTEMPTS = 20;

const JITTER_SHARE = 0.25;
const JITTER_MIN_SPREAD_MS = 2 * SECOND;

/** The delays of a schedule cut or extended to `max_attempts`; an extended one repeats its last delay. */
export const withMaxAttempts = (
  delays_ms: readonly number[],
  max_attempts: number | null,
): readonly number[] => {
  if (max_attempts === null || max_attempts === delays_ms.length) return delays_ms;
  const last = delays_ms.at(-1) ?? 0;
  return Array.from({ length: max_attempts }, (_, index) => delays_ms[index] ?? last);
};

/** The part of a hook that decides when its deliveries are retried. */
export interface HookSchedule {
  readonly retry_schedule: readonly number[] | null;
  readonly max_attempts: number | null;
}

/** The delays of a hook: its own schedule or else `default_ms`, cut or extended to its `max_attempts`. */
export const hookDelays = (
  { retry_schedule, max_attempts }: HookSchedule,
  default_ms: readonly number[],
): readonly number[] => withMaxAttempts(retry_schedule ?? default_ms, max_attempts);

/** The sum of all delays in milliseconds, without jitter and without waits that receivers request. */
export const scheduleDuration = (delays_ms: readonly number[], max_attempts: number | null): number =>
  withMaxAttempts(delays_ms, max_attempts).reduce((sum, delay) => sum + delay, 0);

const spreadOf = (base: number): number =>
  base === 0 ? 0 : Math.max(base * JITTER_SHARE, JITTER_MIN_SPREAD_MS);

/** When an attempt is due after the preceding failure, with the whole range of its jitter. */
export interface AttemptDelay {
  readonly min_ms: number;
  readonly max_ms: number;
}

/** The range of each delay; `retryDelay` always returns a value in it. */
export const attemptDelays = (delays_ms: readonly number[]): readonly AttemptDelay[] =>
  delays_ms.map((base) => ({ min_ms: base, max_ms: Math.round(base + spreadOf(base)) }));

/**
 * The wait after `failures` failed attempts, or null if the schedule is exhausted. Jitter only adds to it: up to a
 * quarter or two seconds, whichever is more; `roll` in [0, 1) is the share applied.
 */
export const retryDelay = (delays_ms: readonly number[], failures: number, roll: number): number | null => {
  const base = delays_ms[failures];
  return base === undefined ? null : Math.round(base + roll * spreadOf(base));
};

/** The delay after `failures` failed attempts without jitter; the last one of the schedule if it is exhausted. */
export const retryBase = (delays_ms: readonly number[], failures: number): number =>
  delays_ms[failures] ?? delays_ms.at(-1) ?? 0;
