import { sql } from 'kysely';
import type { DeliveryStatus, FailureReason } from '../core/delivery.ts';

/**
 * The columns of a waiting delivery that is held or canceled. One that a recovery was sending again after a success is
 * `succeeded` instead.
 */
export const stoppedColumns = (to: 'held' | 'canceled', reason: FailureReason | null) => ({
  status: sql<DeliveryStatus>`case when has_succeeded = 1 then 'succeeded' else ${to} end`,
  failure_reason: sql<FailureReason | null>`case when has_succeeded = 1 then null else ${reason} end`,
  next_attempt_at: null,
});
