import type { OrderStatements } from '../store/orders.ts';
import type { WriteSet } from './write-set.ts';

/** The statements of orders over the locked rows of a transaction. */
export const orderStatements = (writes: WriteSet): OrderStatements => {
  const { orders } = writes.facts;
  return {
    selectLast: {
      get: (ref) => {
        const order_position = orders.last(ref);
        return order_position === undefined ? undefined : { order_position };
      },
    },
    selectFirst: { get: (ref) => orders.first(ref) },
    leave: { run: ({ id }) => writes.change(id, { order_key: null, order_position: null }) },
    makeDue: { run: ({ id, now }) => writes.change(id, { next_attempt_at: now }) },
    lease: {
      get: ({ id, now, lease_until, node_id }) => {
        const row = writes.facts.deliveries.get(id);
        if (row === undefined) return undefined;
        writes.change(id, {
          status: 'sending',
          lease_token: row.lease_token + 1,
          lease_until,
          leased_by: node_id,
          failure_reason: null,
          updated_at: now,
        });
        return row;
      },
    },
  };
};
