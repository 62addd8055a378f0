import { sql } from 'kysely';
import type { DeliveryStatus, FailureReason } from '../core/delivery.ts';

/**
 * The columns of a waiting delivery that is held or canceled. A canceled one leaves its order. One that a recovery was sending again after a success is
 * `succeeded` instead.
 */
export const stoppedColumns = (to: 'held' | 'canceled', reason: FailureReason | null) => ({
  status: sql<DeliveryStatus>`case when has_succeeded = 1 then 'succeeded' else ${to} end`,
  failure_reason: sql<FailureReason | null>`case when has_succeeded = 1 then null else ${reason} end`,
  next_attempt_at: null,
  order_key: sql<string | null>`case when ${to} = 'canceled' then null else order_key end`,
  order_position: sql<number | null>`case when ${to} = 'canceled' then null else order_position end`,
});
