import { type RawBuilder, sql } from 'kysely';
import type { DeliveryStatus } from '../core/delivery.ts';

/**
 * The status of a waiting delivery that is held or canceled: `to`, or `succeeded` for one that a recovery was sending
 * again after a success.
 */
export const stoppedStatus = (to: unknown): RawBuilder<DeliveryStatus> =>
  sql<DeliveryStatus>`case when has_succeeded = 1 then 'succeeded' else ${to} end`;
