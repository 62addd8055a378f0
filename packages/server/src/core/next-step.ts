import { returnDelay } from './back-off.ts';
import type { Delivery, DeliveryStatus, FailureReason, WaitReason } from './delivery.ts';
import { hasSchedule } from './event.ts';
import type { Hook } from './hook.ts';
import { isGone } from './hook-health.ts';
import { isReceiversFault, type Outcome } from './outcome.ts';
import { hookDelays, type HookSchedule, retryDelay, type RetryPolicy } from './retry-schedule.ts';
import { isQuarantined } from './suspicion.ts';

/** The state of a delivery after its lease. */
export interface DeliveryStep {
  readonly status: DeliveryStatus;
  /** Set with `pending`, unless the delivery waits for earlier ones of its order. */
  readonly next_attempt_at: number | null;
  /** Set with `failed` and `canceled`, and with `pending` if the delivery waits because of a `WaitReason`. */
  readonly failure_reason: FailureReason | WaitReason | null;
  readonly failures: number;
  readonly returns: number;
  readonly suspicion: number;
}

/** The effect of an attempt on its hook's health; null if it does not count. */
export type HookEffect = 'succeeded' | 'failed' | null;

export interface Step {
  readonly delivery: DeliveryStep;
  readonly hook: HookEffect;
}

/** The current hook of a delivery, which may have changed since the request was sent. */
export type CurrentHook = Pick<Hook, 'status'> & HookSchedule;

export interface Attempted {
  readonly delivery: Delivery;
  /** Null if it was deleted. */
  readonly hook: CurrentHook | null;
  readonly outcome: Outcome;
  /** The sender thread died while it held the request. */
  readonly sender_died: boolean;
  readonly policy: RetryPolicy;
  /** The wait that the receiver requested. */
  readonly retry_after_ms: number | null;
  readonly now: number;
  /** In [0, 1): the share of the jitter to apply. */
  readonly roll: number;
}

type HookStatusOnly = Pick<Hook, 'status'> | null;
type Counters = Pick<DeliveryStep, 'failures' | 'returns' | 'suspicion'>;

const countersOf = ({ failures, returns, suspicion }: Counters): Counters => ({
  failures,
  returns,
  suspicion,
});

const ends = (status: 'succeeded' | 'held', counters: Counters): DeliveryStep => ({
  status,
  next_attempt_at: null,
  failure_reason: null,
  ...counters,
});

const canceledWithHook = (counters: Counters): DeliveryStep => ({
  status: 'canceled',
  next_attempt_at: null,
  failure_reason: 'hook_deleted',
  ...counters,
});

const fails = (failure_reason: FailureReason, counters: Counters): DeliveryStep => ({
  status: 'failed',
  next_attempt_at: null,
  failure_reason,
  ...counters,
});

const waits = (
  next_attempt_at: number | null,
  counters: Counters,
  failure_reason: WaitReason | null = null,
): DeliveryStep => ({ status: 'pending', next_attempt_at, failure_reason, ...counters });

/** A delivery that succeeded before a recovery sent it again ends as succeeded, whatever its later attempts did. */
const keepSuccess = ({ has_succeeded }: Pick<Delivery, 'has_succeeded'>, step: DeliveryStep): DeliveryStep =>
  has_succeeded && step.status !== 'pending' ? ends('succeeded', countersOf(step)) : step;

/** A delivery to send again later. The state of its hook decides whether it is pending, held or canceled. */
const retried = (hook: HookStatusOnly, at: number | null, counters: Counters): DeliveryStep => {
  if (hook === null) return canceledWithHook(counters);
  return hook.status === 'active' ? waits(at, counters) : ends('held', counters);
};

/** A delivery in its state before the manual attempt. A final status stays even if the hook has changed. */
const resumed = (delivery: Delivery, hook: HookStatusOnly, counters: Counters): DeliveryStep => {
  const { status, at, failure_reason } = delivery.resume ?? {
    status: 'failed',
    at: null,
    failure_reason: null,
  };
  if (hook === null && (status === 'pending' || status === 'held')) return canceledWithHook(counters);
  if (status === 'pending') return { ...retried(hook, at, counters), failure_reason };
  return { status, next_attempt_at: null, failure_reason, ...counters };
};

/** A delivery that was not sent, or whose attempt this server could not carry out. */
const returned = (
  delivery: Delivery,
  hook: HookStatusOnly,
  { reason, now }: { readonly reason: WaitReason | null; readonly now: number },
): DeliveryStep => {
  const counters = countersOf(delivery);
  if (delivery.trigger === 'manual') return resumed(delivery, hook, counters);
  // A recovery sends held deliveries later, but yesterday's ping is of no use.
  const is_once = !hasSchedule(delivery.trigger) && hook !== null && hook.status !== 'active';
  if (is_once) return fails('single_attempt', counters);
  if (reason === null) return retried(hook, now, counters);
  const returns = delivery.returns + 1;
  const step = retried(hook, now + returnDelay(returns), { ...counters, returns });
  return step.status === 'pending' ? { ...step, failure_reason: reason } : step;
};

/** The server could not carry out the attempt: it does not count towards the schedule. */
const afterInterruption = (
  attempted: Attempted,
  outcome: Extract<Outcome, { readonly kind: 'interrupted' }>,
): DeliveryStep => {
  const { delivery, hook, now, sender_died } = attempted;
  const { trigger } = delivery;
  const suspicion = delivery.suspicion + (sender_died ? 1 : 0);
  const counters = { ...countersOf(delivery), suspicion };
  if (trigger === 'manual') return resumed(delivery, hook, counters);
  if (sender_died && isQuarantined(suspicion)) return fails('quarantined', counters);
  if (!hasSchedule(trigger) && hook?.status !== 'active') return fails('single_attempt', counters);
  if (outcome.fault !== undefined) return returned(delivery, hook, { reason: 'server_fault', now });
  if (!sender_died) return retried(hook, now, counters);
  const step = retried(hook, now + returnDelay(suspicion), counters);
  return step.status === 'pending' ? { ...step, failure_reason: 'sender_died' } : step;
};

const afterScheduledFailure = (attempted: Attempted, counters: Counters): DeliveryStep => {
  const { outcome, policy, now, hook } = attempted;
  if (outcome.kind === 'address_blocked') return fails('address_blocked', counters);
  if (isGone(outcome)) return fails('hook_gone', counters);
  const delays = hook === null ? policy.delays_ms : hookDelays(hook, policy.delays_ms);
  const delay = retryDelay(delays, counters.failures, attempted.roll);
  if (delay === null) return fails('exhausted', counters);
  return retried(hook, now + Math.max(delay, attempted.retry_after_ms ?? 0), counters);
};

const afterFailure = (attempted: Attempted): DeliveryStep => {
  const { delivery, hook, outcome } = attempted;
  if (outcome.kind === 'interrupted') return afterInterruption(attempted, outcome);
  const failed = { failures: delivery.failures + 1, returns: 0, suspicion: 0 };
  switch (delivery.trigger) {
    case 'scheduled':
    case 'recovery':
      return afterScheduledFailure(attempted, failed);
    case 'manual':
      return resumed(delivery, hook, { ...failed, failures: delivery.failures });
    case 'ping':
    case 'test':
    case 'validate':
      return fails('single_attempt', failed);
  }
};

const hookEffect = ({ delivery, hook, outcome }: Attempted): HookEffect => {
  const is_scheduled = hasSchedule(delivery.trigger);
  if (outcome.kind === 'succeeded') {
    return is_scheduled || delivery.trigger === 'manual' ? 'succeeded' : null;
  }
  if (!isReceiversFault(outcome)) return null;
  return is_scheduled || (isGone(outcome) && hook?.status === 'active') ? 'failed' : null;
};

/**
 * Decides what an attempt means for its delivery and its hook. Total and pure: all retry behaviour is here and in
 * hook-health.ts. Ping, test and validate attempts never count for or against a hook, and manual ones only for it: they send
 * a real event. A 410 always disables the hook; faults on our side never count.
 */
export const nextStep = (attempted: Attempted): Step => ({
  delivery:
    attempted.outcome.kind === 'succeeded'
      ? ends('succeeded', { failures: attempted.delivery.failures, returns: 0, suspicion: 0 })
      : keepSuccess(attempted.delivery, afterFailure(attempted)),
  hook: hookEffect(attempted),
});

/** A delivery whose own attempt disabled the hook: it is held like all the others of that hook. */
export const stepOfDisabled = (delivery: Delivery, step: DeliveryStep): DeliveryStep =>
  step.status === 'pending' ? keepSuccess(delivery, ends('held', countersOf(step))) : step;

/**
 * The next step of a delivery that was leased but not sent. Without a reason it is due again immediately; with one it
 * backs off, and shows the reason while it waits.
 */
export const stepOfReturned = (
  delivery: Delivery,
  hook: HookStatusOnly,
  returning: { readonly reason: WaitReason | null; readonly now: number },
): DeliveryStep => keepSuccess(delivery, returned(delivery, hook, returning));

/**
 * A delivery that its dialect cannot render, or whose attempt the database refuses to store: no retry can change that,
 * and failing it keeps it from blocking others. A manual attempt leaves the delivery in its previous state.
 */
export const stepOfUnprocessable = (
  delivery: Delivery,
  hook: HookStatusOnly,
  reason: 'unrenderable' | 'unrecordable',
): DeliveryStep =>
  keepSuccess(
    delivery,
    delivery.trigger === 'manual'
      ? resumed(delivery, hook, countersOf(delivery))
      : fails(reason, countersOf(delivery)),
  );
