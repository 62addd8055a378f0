import type { LeasedDelivery } from '../../ports/store.ts';
import { type DeliveryRow, toDelivery } from './delivery-row.ts';

/** A delivery that was in the store before it was leased. */
export const toLeased = (row: DeliveryRow): LeasedDelivery => ({
  delivery: toDelivery(row),
  event: null,
  is_backlog: true,
  lease_token: row.lease_token,
  lease_until: row.lease_until ?? 0,
});
