import type { DeliveryStatus } from './delivery.ts';
import type { ThrottledHook } from './hook-throttle.ts';
import { allowedAt, spacingOf } from './rate-limit.ts';

export const holdReasons = ['breaker', 'rate_limit', 'order'] as const;
export type HoldReason = (typeof holdReasons)[number];

/** What holds a pending delivery back, beside its own schedule. */
export interface Hold {
  readonly reason: HoldReason;
  /** `breaker`: when the next probe is sent. `rate_limit`: when its turn comes. Null for `order`, and if it is not known. */
  readonly until: number | null;
}

interface Waiting {
  readonly status: DeliveryStatus;
  readonly next_attempt_at: number | null;
  readonly hook: ThrottledHook;
  /** The delivery that it waits for at an ordered hook. */
  readonly blocked_by: string | null;
  /** The number of deliveries that are sent before it; null if they were not counted. */
  readonly ahead: number | null;
}

/** Why a pending delivery is not sent when it is due; null if it is. */
export const waitsFor = (
  { status, next_attempt_at, hook, blocked_by, ahead }: Waiting,
  now: number,
): Hold | null => {
  if (status === 'pending' && blocked_by !== null) return { reason: 'order', until: null };
  const { rate_limit, throttle } = hook;
  if (status !== 'pending' || throttle === null) return null;
  const due_at = next_attempt_at ?? now;
  const { state, probe_at, rate_used_until } = throttle;
  if (state === 'open') {
    return due_at > Math.max(probe_at ?? now, now) ? null : { reason: 'breaker', until: probe_at };
  }
  if (due_at > now) return null;
  if (state === 'half_open') return { reason: 'breaker', until: null };
  if (rate_limit === null || rate_used_until === null) return null;
  const at = allowedAt(rate_limit, rate_used_until, now);
  if (at === now) return null;
  return {
    reason: 'rate_limit',
    until: ahead === null ? null : Math.round(at + ahead * spacingOf(rate_limit)),
  };
};
