import type { Transaction } from 'kysely';
import type { Skip } from '../../ports/repositories.ts';
import type { Schema } from '../schema.ts';
import { stoppedColumns } from '../stopped-columns.ts';
import { releaseOrders } from './orders.ts';

const LEFT = { order_key: null, order_position: null };

/** Takes a delivery out of its order in the open transaction, and releases the next one. */
export const skipDelivery = async (
  trx: Transaction<Schema>,
  { workspace_id, id }: { readonly workspace_id: string; readonly id: string },
  now: number,
): Promise<Skip> => {
  const row = await trx
    .selectFrom('bellwire_deliveries')
    .leftJoin('bellwire_hooks', 'bellwire_hooks.id', 'bellwire_deliveries.hook_id')
    .select([
      'bellwire_deliveries.status',
      'bellwire_deliveries.hook_id',
      'bellwire_deliveries.order_key',
      'bellwire_hooks.tenant as hook_tenant',
    ])
    .where('bellwire_deliveries.workspace_id', '=', workspace_id)
    .where('bellwire_deliveries.id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return { kind: 'not_found' };
  if (row.order_key === null) return { kind: 'not_ordered' };
  if (row.status === 'sending') return { kind: 'in_flight' };
  const { numUpdatedRows } = await trx
    .updateTable('bellwire_deliveries')
    .set({ ...(row.status === 'failed' ? LEFT : stoppedColumns('canceled', 'by_user')), updated_at: now })
    .where('workspace_id', '=', workspace_id)
    .where('id', '=', id)
    // Another node may have leased it meanwhile.
    .where('status', '=', row.status)
    .where('order_key', '=', row.order_key)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return { kind: 'in_flight' };
  await releaseOrders(trx, [row], now);
  return { kind: 'skipped', was: row.status, hook_tenant: row.hook_tenant };
};
