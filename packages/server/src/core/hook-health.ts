import type { FailureReason, WaitReason } from './delivery.ts';
import type { DisabledReason, Hook } from './hook.ts';
import type { Outcome } from './outcome.ts';
import type { RetryPolicy } from './retry-schedule.ts';

/** A hook after a failure was counted against it. */
export interface FailedHook extends Pick<Hook, 'status' | 'consecutive_failures'> {
  /** When the first of its consecutive failures was counted. */
  readonly failing_since: number;
}

export interface Failure {
  readonly outcome: Outcome;
  readonly policy: RetryPolicy;
  /** The delivery's `failure_reason` after the failure. */
  readonly failure_reason: FailureReason | WaitReason | null;
  readonly now: number;
}

const GONE = 410;

/** Whether the receiver answered 410 Gone: it wants no more events. */
export const isGone = (outcome: Outcome): boolean =>
  outcome.kind === 'http_status' && outcome.status === GONE;

/** Why a failure that was just counted disables its hook; null if it does not. Only active hooks are disabled. */
export const disabledReason = (hook: FailedHook, failure: Failure): DisabledReason | null => {
  const { outcome, policy, failure_reason, now } = failure;
  if (hook.status !== 'active') return null;
  if (isGone(outcome)) return 'gone_410';
  if (policy.disable.when === 'exhausted') {
    return failure_reason === 'exhausted' ? 'attempts_exhausted' : null;
  }
  const { for_ms, min_attempts } = policy.disable;
  return now - hook.failing_since >= for_ms && hook.consecutive_failures >= min_attempts ? 'failing' : null;
};
