import type { HookEffect } from './next-step.ts';

export const breakerStates = ['closed', 'open', 'half_open'] as const;
export type BreakerState = (typeof breakerStates)[number];

/** The circuit breaker of one hook. */
export interface Breaker {
  /** `open`: nothing is sent before `probe_at`. `half_open`: only the delivery `probe_id` is sent. */
  readonly state: BreakerState;
  /** Failures since the last success. */
  readonly streak: number;
  /** When the attempts of the current window began to be counted; null if none is counted. */
  readonly window_at: number | null;
  readonly window_attempts: number;
  readonly window_failures: number;
  /** How long it last was open; 0 if it has not been open since it was last fully closed. */
  readonly interval_ms: number;
  /** When the next probe may be sent; while one is in flight, when it counts as lost. Null while closed. */
  readonly probe_at: number | null;
  readonly probe_id: string | null;
  /** The number of concurrent attempts while sending ramps up; null for all slots of the hook. */
  readonly width: number | null;
}

/** The state of hooks without a stored one. */
export const CLOSED: Breaker = {
  state: 'closed',
  streak: 0,
  window_at: null,
  window_attempts: 0,
  window_failures: 0,
  interval_ms: 0,
  probe_at: null,
  probe_id: null,
  width: null,
};

export interface CountedAttempt {
  readonly delivery_id: string;
  /** A manual attempt: its success closes the breaker, whatever the state. */
  readonly is_manual: boolean;
  readonly effect: HookEffect;
  /** The response requests fewer attempts: 429, 502, 503 or 504. */
  readonly is_overloaded: boolean;
  /** The wait that the receiver requested; null without one. */
  readonly retry_after_ms: number | null;
  /** The delay before the next attempt of the delivery, without jitter. */
  readonly retry_base_ms: number;
  readonly now: number;
}

/** Failures in a row that open the breaker. */
const STREAK_MAX = 10;
/** The part of failed attempts in a window that opens it, and the minimum number of attempts. */
const FAILED_PART = 0.7;
const WINDOW_MIN = 20;
const WINDOW_MS = 5 * 60_000;
const INTERVAL_MIN_MS = 5_000;
const INTERVAL_MAX_MS = 3_600_000;
/** Concurrent attempts at which the ramp ends. */
const RAMP_MAX = 32;
/** A probe that was not sent is followed by the next one after this time. */
const NEXT_PROBE_MS = 1_000;
/** No attempt and its record take this long. */
const PROBE_LOST_MS = 10 * 60_000;

const OVERLOADED: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Whether a response status requests fewer attempts. */
export const isOverloaded = (status: number | null): boolean => status !== null && OVERLOADED.has(status);

const clampInterval = (ms: number): number => Math.min(Math.max(ms, INTERVAL_MIN_MS), INTERVAL_MAX_MS);

/** Whether the breaker allows a probe now. A time beyond the maximum comes from a clock that was set back. */
export const isProbeDue = ({ state, probe_at }: Pick<Breaker, 'state' | 'probe_at'>, now: number): boolean =>
  state !== 'closed' && (probe_at === null || probe_at <= now || probe_at > now + INTERVAL_MAX_MS);

/** The breaker after its probe was leased. */
export const withProbe = (breaker: Breaker, probe_id: string, now: number): Breaker => ({
  ...breaker,
  state: 'half_open',
  probe_id,
  probe_at: now + PROBE_LOST_MS,
});

/** The first interval is the delay of the failed delivery; each time that it opens again doubles it. */
const nextInterval = ({ interval_ms }: Breaker, { retry_base_ms }: CountedAttempt): number =>
  clampInterval(interval_ms === 0 ? retry_base_ms : interval_ms * 2);

const waitRequested = ({ retry_after_ms }: CountedAttempt): number =>
  Math.min(retry_after_ms ?? 0, INTERVAL_MAX_MS);

/** The counts of the window with one more attempt. */
const counted = (breaker: Breaker, failures: 0 | 1, now: number) => {
  const { window_at, window_attempts, window_failures } = breaker;
  const is_over = window_at === null || now - window_at >= WINDOW_MS || window_at > now;
  if (is_over) return { window_at: now, window_attempts: 1, window_failures: failures };
  return {
    window_at,
    window_attempts: window_attempts + 1,
    window_failures: window_failures + failures,
  };
};

/** Open for the interval, or for the time that the receiver requested if that is longer. */
const opened = (breaker: Breaker, attempt: CountedAttempt): Breaker => {
  const interval_ms = nextInterval(breaker, attempt);
  const probe_at = attempt.now + Math.max(interval_ms, waitRequested(attempt));
  return { ...CLOSED, state: 'open', interval_ms, probe_at };
};

const NO_WINDOW = { window_at: null, window_attempts: 0, window_failures: 0 } as const;

const widened = ({ width, interval_ms }: Breaker) => {
  if (width === null || width + 1 >= RAMP_MAX) return { width: null, interval_ms: 0 };
  return { width: width + 1, interval_ms };
};

const afterSuccess = (breaker: Breaker, now: number): Breaker => {
  const window = counted(breaker, 0, now);
  const { window_attempts, window_failures } = window;
  // A few failures of a healthy hook are forgotten, so that counting its successes ends.
  const is_healthy = window_attempts >= WINDOW_MIN && window_failures < window_attempts / 2;
  return {
    ...breaker,
    streak: 0,
    ...(window_failures === 0 || is_healthy ? NO_WINDOW : window),
    ...widened(breaker),
  };
};

const afterFailure = (breaker: Breaker, attempt: CountedAttempt): Breaker => {
  const window = counted(breaker, 1, attempt.now);
  const { window_attempts, window_failures } = window;
  const streak = breaker.streak + 1;
  const fails = window_attempts >= WINDOW_MIN && window_failures >= FAILED_PART * window_attempts;
  if (streak >= STREAK_MAX || fails) return opened(breaker, attempt);
  const wait_ms = waitRequested(attempt);
  if (wait_ms > 0) {
    return { ...breaker, ...window, streak, state: 'open', probe_at: attempt.now + wait_ms, width: null };
  }
  // With a larger step down, a receiver that fails a part of its attempts would never have all of its slots again.
  const narrowed = breaker.width === null ? null : Math.max(1, breaker.width - 1);
  return { ...breaker, ...window, streak, width: attempt.is_overloaded ? 1 : narrowed };
};

/** Closed, with one attempt at a time. */
const closedAgain = ({ interval_ms }: Breaker): Breaker => ({ ...CLOSED, interval_ms, width: 1 });

/** Open again after a probe that proved nothing: it was not sent, or this server could not carry it out. */
export const withoutProbe = (breaker: Breaker, now: number): Breaker => ({
  ...breaker,
  state: 'open',
  probe_id: null,
  probe_at: now + NEXT_PROBE_MS,
});

const afterProbe = (breaker: Breaker, attempt: CountedAttempt): Breaker => {
  if (attempt.effect === 'succeeded') return closedAgain(breaker);
  if (attempt.effect === null) return withoutProbe(breaker, attempt.now);
  return opened(breaker, attempt);
};

/**
 * The breaker after an attempt of its hook. Ten failures in a row open it, as do failures of 70 % of at least twenty
 * attempts within five minutes, and a wait that the receiver requests. While it is not closed, only the probe
 * and successful manual attempts count: others were in flight when it opened.
 */
export const afterAttempt = (breaker: Breaker, attempt: CountedAttempt): Breaker => {
  const { effect, is_manual, delivery_id, now } = attempt;
  if (breaker.state === 'closed') {
    if (effect === null) return breaker;
    return effect === 'succeeded' ? afterSuccess(breaker, now) : afterFailure(breaker, attempt);
  }
  if (is_manual && effect === 'succeeded') return closedAgain(breaker);
  return breaker.probe_id === delivery_id ? afterProbe(breaker, attempt) : breaker;
};
