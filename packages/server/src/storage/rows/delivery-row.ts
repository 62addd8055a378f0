import type { Selectable } from 'kysely';
import { type CancelReason, cancelReasons, type Delivery } from '../../core/delivery.ts';
import type { Schema } from '../schema.ts';

export type DeliveryRow = Selectable<Schema['bellwire_deliveries']>;

/** The delivery of a row. */
export const toDelivery = (row: DeliveryRow): Delivery => ({
  id: row.id,
  workspace_id: row.workspace_id,
  tenant: row.tenant,
  event_id: row.event_id,
  event_type: row.event_type,
  hook_id: row.hook_id,
  // Only a manual lease has a state to resume, regardless of the delivery's own trigger.
  trigger: row.resume_status === null ? row.trigger : 'manual',
  attempts: row.attempts,
  failures: row.failures,
  returns: row.returns,
  has_succeeded: row.has_succeeded === 1,
  suspicion: row.suspicion,
  order_key: row.order_key,
  resume:
    row.resume_status === null
      ? null
      : { status: row.resume_status, at: row.resume_at, failure_reason: row.failure_reason },
});

/** The row of a delivery that has never been leased. `next_attempt_at` is set if it is pending. */
export const newDeliveryRow = (
  delivery: Pick<
    DeliveryRow,
    'workspace_id' | 'id' | 'tenant' | 'event_id' | 'event_type' | 'hook_id' | 'trigger' | 'status'
  >,
  { now, next_attempt_at }: { readonly now: number; readonly next_attempt_at: number | null },
): DeliveryRow => ({
  ...delivery,
  attempts: 0,
  failures: 0,
  returns: 0,
  has_succeeded: 0,
  suspicion: 0,
  next_attempt_at,
  order_key: null,
  order_position: null,
  lease_token: 0,
  lease_until: null,
  leased_by: null,
  resume_status: null,
  resume_at: null,
  failure_reason: null,
  last_outcome: null,
  last_detail: null,
  last_status: null,
  last_duration_ms: null,
  created_at: now,
  updated_at: now,
});

/** Why a delivery was canceled. */
export const cancelReason = ({ failure_reason }: Pick<DeliveryRow, 'failure_reason'>): CancelReason =>
  cancelReasons.find((reason) => reason === failure_reason) ?? 'hook_deleted';
