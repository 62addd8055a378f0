import { BellwireError } from '../core/errors.ts';
import type { ManualClaim } from '../ports/store.ts';

/** The error for a delivery that could not be claimed for a manual attempt. */
export const manualClaimError = (
  kind: Exclude<ManualClaim['kind'], 'leased'>,
  delivery_id: string,
): BellwireError => {
  switch (kind) {
    case 'not_found':
      return new BellwireError('not_found', `There is no delivery ${delivery_id} in this workspace.`);
    case 'in_flight':
      return new BellwireError(
        'delivery_in_flight',
        `The delivery ${delivery_id} is being sent right now. Try again in a few seconds.`,
      );
    case 'canceled':
      return new BellwireError(
        'delivery_canceled',
        `The delivery ${delivery_id} cannot be sent again: its hook was deleted.`,
      );
  }
};
