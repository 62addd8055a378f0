import { noDelivery } from '../core/delivery.ts';
import { BellwireError } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Repositories, StoredDelivery } from '../ports/repositories.ts';
import type { Actor, Audit } from './audit.ts';

export interface SkipDeliveryOptions {
  readonly repositories: Repositories;
  readonly audit: Audit;
  readonly clock: Clock;
}

/**
 * Takes a delivery out of its order, so that the next one is sent. Returns it as it is then.
 * @throws BellwireError `not_found`, `delivery_in_flight`, `not_ordered`
 */
export type SkipDelivery = (actor: Actor, delivery_id: string) => Promise<StoredDelivery>;

const refusalOf = (kind: 'not_found' | 'in_flight' | 'not_ordered', id: string): BellwireError => {
  switch (kind) {
    case 'not_found':
      return noDelivery(id);
    case 'in_flight':
      return new BellwireError(
        'delivery_in_flight',
        `An attempt of the delivery ${id} is in progress. Skip it when the attempt has ended.`,
      );
    case 'not_ordered':
      return new BellwireError(
        'not_ordered',
        `The delivery ${id} has no place in the order of its hook, so no other delivery waits for it.`,
      );
  }
};

export const createSkipDelivery =
  ({ repositories, audit, clock }: SkipDeliveryOptions): SkipDelivery =>
  async (actor, id) => {
    const { workspace_id } = actor;
    await audit.change(actor, async ({ deliveries }, record) => {
      const skip = await deliveries.skip(workspace_id, id, clock.now());
      if (skip.kind !== 'skipped') throw refusalOf(skip.kind, id);
      const { was, hook_tenant: tenant } = skip;
      const before = { status: was, is_skipped: false };
      const after = { status: was === 'failed' ? 'failed' : 'canceled', is_skipped: true };
      await record({ action: 'delivery.skipped', subject: id, tenant, before, after });
    });
    const skipped = await repositories.deliveries.get(workspace_id, id);
    if (skipped === null) throw noDelivery(id);
    return skipped;
  };
