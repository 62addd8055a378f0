import type { Delivery, DeliveryStatus, FailureReason } from './delivery.ts';
import type { DisabledReason, Hook } from './hook.ts';
import { isReceiversFault, type Outcome } from './outcome.ts';
import { retryDelay, type RetryPolicy, withMaxAttempts } from './retry-schedule.ts';

/** What an attempt that ended means for its delivery. */
export interface DeliveryStep {
  readonly status: DeliveryStatus;
  /** Set with `pending`. */
  readonly next_attempt_at: number | null;
  /** Set with `failed`. */
  readonly failure_reason: FailureReason | null;
  readonly failures: number;
}

/** What it means for the hook; null where it means nothing. */
export type HookStep =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly disable: DisabledReason | null };

export interface Step {
  readonly delivery: DeliveryStep;
  readonly hook: HookStep | null;
}

export interface Attempted {
  readonly delivery: Delivery;
  /** The hook as it stands now, which may differ from the one that the request was made for; null when it is deleted. */
  readonly hook: Pick<Hook, 'status' | 'consecutive_failures' | 'failing_since' | 'max_attempts'> | null;
  readonly outcome: Outcome;
  readonly policy: RetryPolicy;
  /** The wait that the receiver asked for. */
  readonly retry_after_ms: number | null;
  readonly now: number;
  /** In [0, 1): how much of the jitter to take. */
  readonly roll: number;
}

const GONE = 410;

const ends = (status: 'succeeded' | 'held' | 'canceled', failures: number): DeliveryStep => ({
  status,
  next_attempt_at: null,
  failure_reason: null,
  failures,
});

const fails = (failure_reason: FailureReason, failures: number): DeliveryStep => ({
  status: 'failed',
  next_attempt_at: null,
  failure_reason,
  failures,
});

const waits = (next_attempt_at: number, failures: number): DeliveryStep => ({
  status: 'pending',
  next_attempt_at,
  failure_reason: null,
  failures,
});

const isGone = (outcome: Outcome): boolean => outcome.kind === 'http_status' && outcome.status === GONE;

/** A delivery that is to be sent again later: where it waits depends on what became of its hook. */
const again = (hook: Pick<Hook, 'status'> | null, at: number, failures: number): DeliveryStep => {
  if (hook === null) return ends('canceled', failures);
  return hook.status === 'active' ? waits(at, failures) : ends('held', failures);
};

/** A delivery back where it was before its manual attempt: what had ended stays so, whatever became of its hook. */
const resumed = (delivery: Delivery, hook: Pick<Hook, 'status'> | null): DeliveryStep => {
  const { status, at, failure_reason } = delivery.resume ?? {
    status: 'failed',
    at: null,
    failure_reason: null,
  };
  if (status === 'pending') return again(hook, at ?? 0, delivery.failures);
  if (status === 'held' && hook === null) return ends('canceled', delivery.failures);
  return { status, next_attempt_at: null, failure_reason, failures: delivery.failures };
};

const afterScheduled = (attempted: Attempted): DeliveryStep => {
  const { delivery, outcome, policy, now, hook } = attempted;
  // Our own death is no attempt of the schedule: the delivery is due again at once.
  if (outcome.kind === 'interrupted') return again(hook, now, delivery.failures);
  const failures = delivery.failures + 1;
  if (outcome.kind === 'address_blocked') return fails('address_blocked', failures);
  if (isGone(outcome)) return fails('hook_gone', failures);
  const delays = withMaxAttempts(policy.delays_ms, hook?.max_attempts ?? null);
  const delay = retryDelay(delays, failures, attempted.roll);
  if (delay === null) return fails('exhausted', failures);
  return again(hook, now + Math.max(delay, attempted.retry_after_ms ?? 0), failures);
};

const afterFailure = (attempted: Attempted): DeliveryStep => {
  switch (attempted.delivery.trigger) {
    case 'scheduled':
      return afterScheduled(attempted);
    case 'manual':
      return resumed(attempted.delivery, attempted.hook);
    case 'ping':
    case 'test':
    case 'validate':
      return attempted.outcome.kind === 'interrupted' && attempted.hook?.status === 'active'
        ? waits(attempted.now, attempted.delivery.failures)
        : fails('single_attempt', attempted.delivery.failures + 1);
  }
};

const disables = (attempted: Attempted, delivery: DeliveryStep): DisabledReason | null => {
  const { hook, outcome, policy, now } = attempted;
  if (hook === null || hook.status !== 'active') return null;
  if (isGone(outcome)) return 'gone_410';
  if (policy.disable.when === 'exhausted') {
    return delivery.failure_reason === 'exhausted' ? 'attempts_exhausted' : null;
  }
  const failing_for = now - (hook.failing_since ?? now);
  const attempts = hook.consecutive_failures + 1;
  return failing_for >= policy.disable.for_ms && attempts >= policy.disable.min_attempts ? 'failing' : null;
};

/**
 * Decides what happens after an attempt: to its delivery and to its hook. Total and pure; the whole retry
 * behaviour is in here. Manual, ping, test and validate attempts never count for or against a hook, except that
 * a 410 always disables it; our own faults never count.
 */
export const nextStep = (attempted: Attempted): Step => {
  const { delivery, outcome } = attempted;
  const scheduled = delivery.trigger === 'scheduled';
  if (outcome.kind === 'succeeded') {
    return {
      delivery: ends('succeeded', delivery.failures),
      hook: scheduled ? { kind: 'succeeded' } : null,
    };
  }
  const step = afterFailure(attempted);
  if (!isReceiversFault(outcome) || !(scheduled || isGone(outcome))) return { delivery: step, hook: null };
  const disable = disables(attempted, step);
  if (disable === null) return { delivery: step, hook: scheduled ? { kind: 'failed', disable } : null };
  // The hook that this attempt disables holds this delivery too.
  const delivery_step = step.status === 'pending' ? ends('held', step.failures) : step;
  return { delivery: delivery_step, hook: { kind: 'failed', disable } };
};

/** Where a delivery goes that was leased but not sent. */
export const stepOfReturned = (
  delivery: Delivery,
  hook: Pick<Hook, 'status'> | null,
  now: number,
): DeliveryStep => {
  if (delivery.trigger === 'manual') return resumed(delivery, hook);
  // A replay sends what is held, but nobody wants yesterday's ping.
  const isOnce = delivery.trigger !== 'scheduled' && hook !== null && hook.status !== 'active';
  return isOnce ? fails('single_attempt', delivery.failures) : again(hook, now, delivery.failures);
};

/** A delivery whose body its dialect cannot make: no retry can mend that. */
export const stepOfUnrenderable = (delivery: Delivery): DeliveryStep =>
  fails('unrenderable', delivery.failures);
