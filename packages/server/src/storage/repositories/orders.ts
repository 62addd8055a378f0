import { type RawBuilder, sql, type Transaction } from 'kysely';
import { isReleased, type OrderHead } from '../../core/order.ts';
import type { Schema } from '../schema.ts';

/** One order: the deliveries of a hook with one key. Without a key, the delivery has no place in an order. */
export interface Ordered {
  readonly hook_id: string;
  readonly order_key: string | null;
}

/** The id of the first delivery of the order of a row, if it is not the row itself. */
export const blockedBy = (table: 'candidates' | 'bellwire_deliveries'): RawBuilder<string | null> => {
  const column = (name: string) => sql.ref(`${table}.${name}`);
  return sql<string | null>`(select earlier.id from ${sql.table('bellwire_deliveries')} as earlier
    where earlier.hook_id = ${column('hook_id')} and earlier.order_key = ${column('order_key')}
      and earlier.order_position < ${column('order_position')} order by earlier.order_position limit 1)`;
};

const firstOf = (trx: Transaction<Schema>, { hook_id, order_key }: Ordered) =>
  trx
    .selectFrom('bellwire_deliveries')
    .select(['workspace_id', 'id', 'status', 'next_attempt_at'])
    .where('hook_id', '=', hook_id)
    .where('order_key', '=', order_key)
    .orderBy('order_position')
    .limit(1)
    .executeTakeFirst();

/** Makes the first delivery of each order due that waited for one that has left. */
export const releaseOrders = async (
  trx: Transaction<Schema>,
  left: readonly Ordered[],
  now: number,
): Promise<void> => {
  const orders = new Map(
    left.filter(({ order_key }) => order_key !== null).map((one) => [`${one.hook_id} ${one.order_key}`, one]),
  );
  for (const order of orders.values()) {
    const head: (OrderHead & { workspace_id: string; id: string }) | undefined = await firstOf(trx, order);
    if (head === undefined || !isReleased(head)) continue;
    await trx
      .updateTable('bellwire_deliveries')
      .set({ next_attempt_at: now })
      .where('workspace_id', '=', head.workspace_id)
      .where('id', '=', head.id)
      .where('status', '=', 'pending')
      .execute();
  }
};
