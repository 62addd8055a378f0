import { BellwireError } from '../core/errors.ts';
import { type CancelReason, noDelivery } from '../core/delivery.ts';
import type { ManualClaim } from '../ports/store.ts';

const CANCELED: Readonly<Record<CancelReason, string>> = {
  hook_deleted: 'its hook was deleted',
  by_user: 'it was canceled',
  expired: 'it waited for longer than the retention and was canceled',
  erased: 'the data of its tenant was erased',
};

/** The error for a delivery that could not be claimed for a manual attempt. */
export const manualClaimError = (
  claim: Exclude<ManualClaim, { readonly kind: 'leased' }>,
  delivery_id: string,
): BellwireError => {
  switch (claim.kind) {
    case 'not_found':
      return noDelivery(delivery_id);
    case 'in_flight':
      return new BellwireError(
        'delivery_in_flight',
        `The delivery ${delivery_id} is being sent right now. Try again in a few seconds.`,
      );
    case 'payload_expired':
      return new BellwireError(
        'payload_expired',
        `The delivery ${delivery_id} cannot be sent again: the payload of its event was removed after BELLWIRE_PAYLOAD_RETENTION. Send a new event.`,
      );
    case 'canceled':
      return new BellwireError(
        'delivery_canceled',
        `The delivery ${delivery_id} cannot be sent again: ${CANCELED[claim.reason]}.`,
      );
  }
};
