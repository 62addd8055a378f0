import { type Breaker, CLOSED, isProbeDue } from './breaker.ts';
import { afterTaking, allowedAt, allowedNow, type RateLimit } from './rate-limit.ts';

/** The stored state of everything that limits how fast a hook receives deliveries. */
export interface Throttle extends Breaker {
  /** The state of the rate limit; null without one, or if it was never used. */
  readonly rate_used_until: number | null;
}

export const UNTHROTTLED: Throttle = { ...CLOSED, rate_used_until: null };

/** A hook with its limits. */
export interface ThrottledHook {
  readonly rate_limit: RateLimit | null;
  /** Null if nothing is stored, as for nearly all hooks. */
  readonly throttle: Throttle | null;
}

/** How many scheduled deliveries of a hook may be leased now. */
export interface Allowance {
  /** Infinity without a limit. */
  readonly max: number;
  /** The one delivery is the probe of an open breaker. */
  readonly is_probe: boolean;
  /** When more may be leased; null if that depends on an attempt in flight. */
  readonly until: number | null;
}

const NONE: Allowance = { max: 0, is_probe: false, until: null };

/** Whether a hook has a limit; if not, `allowanceOf` need not be asked. */
export const isThrottled = ({ rate_limit, throttle }: ThrottledHook): boolean =>
  throttle !== null || rate_limit !== null;

/** Decides when a hook may send: all of it is here, in breaker.ts and in rate-limit.ts. */
export const allowanceOf = ({ rate_limit, throttle }: ThrottledHook, now: number): Allowance => {
  const { state, probe_at, rate_used_until } = throttle ?? UNTHROTTLED;
  const is_probe = state !== 'closed';
  if (is_probe && !isProbeDue({ state, probe_at }, now)) {
    return state === 'open' ? { ...NONE, until: probe_at } : NONE;
  }
  const rate = rate_limit === null ? Infinity : allowedNow(rate_limit, rate_used_until, now);
  const max = is_probe ? Math.min(1, rate) : rate;
  const until = rate_limit === null ? now : allowedAt(rate_limit, rate_used_until, now);
  return { max, is_probe: is_probe && max > 0, until };
};

/** Whether a new delivery of the hook must be stored as pending, to be leased in its turn. */
export const mustWait = (hook: ThrottledHook, now: number): boolean => {
  const { throttle } = hook;
  if (throttle !== null && (throttle.state !== 'closed' || throttle.width !== null)) return true;
  return hook.rate_limit !== null && allowanceOf(hook, now).max < 1;
};

/** The throttle after leases: they count towards the rate limit. */
export const afterLeases = (
  { rate_limit, throttle }: ThrottledHook,
  { taken, now }: { readonly taken: number; readonly now: number },
): Throttle | null => {
  if (rate_limit === null || taken === 0) return throttle;
  const before = throttle ?? UNTHROTTLED;
  return { ...before, rate_used_until: afterTaking(rate_limit, before.rate_used_until, { taken, now }) };
};

/** Whether there is nothing to store. */
export const isUnthrottled = (throttle: Throttle, rate_limit: RateLimit | null): boolean => {
  const { state, streak, window_at, interval_ms, width, rate_used_until } = throttle;
  const is_plain = state === 'closed' && streak === 0 && window_at === null && interval_ms === 0;
  return is_plain && width === null && (rate_limit === null || rate_used_until === null);
};
