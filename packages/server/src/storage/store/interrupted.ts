import type { AttemptedSettlement } from '../../ports/store.ts';
import { type DeliveryRow, toDelivery } from '../rows/delivery-row.ts';

/** Leases released per transaction, so that a start after a crash under load does not block for long. */
export const RELEASED_MAX = 500;

/** The settlement of a lease whose holder is gone. */
export const toInterrupted = (row: DeliveryRow, attempt_id: string): AttemptedSettlement => ({
  kind: 'attempted',
  delivery: toDelivery(row),
  lease_token: row.lease_token,
  attempt: {
    id: attempt_id,
    started_at: row.updated_at,
    outcome: { kind: 'interrupted' },
    request: null,
    response: null,
    timings: null,
    remote_address: null,
    reused_connection: false,
  },
  // The whole node died, which is not evidence against this delivery.
  sender_died: false,
  // Unused: an interruption does not count towards the schedule.
  policy: { delays_ms: [], disable: { when: 'exhausted' } },
  retry_after_ms: null,
  roll: 0,
});
