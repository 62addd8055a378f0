import { BellwireError } from './errors.ts';
import type { Trigger } from './event.ts';

/**
 * - `pending`: due at `next_attempt_at`.
 * - `sending`: leased by a node until `lease_until`.
 * - `held`: kept for a hook that is not active.
 * - `succeeded`, `failed`, `canceled`: final.
 */
export const deliveryStatuses = ['pending', 'sending', 'succeeded', 'failed', 'held', 'canceled'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** Why a delivery waits through no fault of its receiver. Shown as its `failure_reason` while it is pending. */
export type WaitReason =
  /** The hook's dialect is not (or no longer) defined on this server. */
  | 'dialect_missing'
  /** The hook's secret or custom headers cannot be decrypted. */
  | 'hook_unreadable'
  /** The sender thread died while it held this delivery. */
  | 'sender_died'
  /** This server could not send it: see `ServerFault`. */
  | 'server_fault';

/**
 * Why a delivery was canceled: its hook was deleted, a user canceled it, it waited for longer than the retention, or the
 * data of its tenant was erased.
 */
export const cancelReasons = ['hook_deleted', 'by_user', 'expired', 'erased'] as const;
export type CancelReason = (typeof cancelReasons)[number];

/** Why a delivery failed permanently or was canceled. */
export type FailureReason =
  | 'exhausted'
  | 'hook_gone'
  | 'address_blocked'
  | 'unrenderable'
  | 'single_attempt'
  /** Killed the sender thread repeatedly while it was the only request in that thread. */
  | 'quarantined'
  /** The database refuses to store its attempt. */
  | 'unrecordable'
  | CancelReason;

/** One event for one hook: the unit of retry. */
export interface Delivery {
  readonly id: string;
  readonly workspace_id: string;
  /** The tenant of its event; null for an event without one. */
  readonly tenant: string | null;
  readonly event_id: string;
  readonly event_type: string;
  readonly hook_id: string;
  readonly trigger: Trigger;
  /** Attempts recorded so far. */
  readonly attempts: number;
  /** Failed attempts that count towards the retry schedule. */
  readonly failures: number;
  /** How often in a row it waited because of a `WaitReason`. */
  readonly returns: number;
  /** It succeeded before a recovery sent it again: it never ends in a worse status. */
  readonly has_succeeded: boolean;
  /** 0 unless the sender thread died while it held this delivery; see suspicion.ts. */
  readonly suspicion: number;
  /** The order of its hook in which it has a place; null without one. */
  readonly order_key: string | null;
  /** The state to restore when a manual attempt fails; null for every other lease. */
  readonly resume: {
    readonly status: DeliveryStatus;
    readonly at: number | null;
    readonly failure_reason: FailureReason | WaitReason | null;
  } | null;
}

/** The error for a delivery that does not exist, or not in the workspace of the caller. */
export const noDelivery = (id: string): BellwireError =>
  new BellwireError('not_found', `There is no delivery ${id} in this workspace.`);
