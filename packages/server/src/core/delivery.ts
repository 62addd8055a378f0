import type { Trigger } from './event.ts';

/**
 * - `pending`: due at `next_attempt_at`.
 * - `sending`: leased by a process until `lease_until`.
 * - `held`: kept for a hook that is not active.
 * - `succeeded`, `failed`, `canceled`: final.
 */
export const deliveryStatuses = ['pending', 'sending', 'succeeded', 'failed', 'held', 'canceled'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** Why a delivery failed for good. */
export type FailureReason = 'exhausted' | 'hook_gone' | 'address_blocked' | 'unrenderable' | 'single_attempt';

/** One event for one hook: the unit of retry. */
export interface Delivery {
  readonly id: string;
  readonly workspace_id: string;
  readonly event_id: string;
  readonly hook_id: string;
  readonly trigger: Trigger;
  /** Attempts recorded so far. */
  readonly attempts: number;
  /** Attempts that used up a place in the retry schedule. */
  readonly failures: number;
  /** Where a manual attempt returns to when it fails; null for every other lease. */
  readonly resume: {
    readonly status: DeliveryStatus;
    readonly at: number | null;
    readonly failure_reason: FailureReason | null;
  } | null;
}
