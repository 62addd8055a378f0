import { isReleased } from '../../core/order.ts';
import type { DeliveryRow } from '../rows/delivery-row.ts';
import type { Session } from './session.ts';

/** Makes the first delivery of an order due if it waited for one that has left. Its hook is locked. */
export const releaseOrder = async (
  session: Session,
  { hook_id, order_key }: Pick<DeliveryRow, 'hook_id' | 'order_key'>,
  now: number,
): Promise<void> => {
  if (order_key === null) return;
  const head = await session.get(
    session.db
      .selectFrom('bellwire_deliveries')
      .select(['workspace_id', 'id', 'status', 'next_attempt_at'])
      .where('hook_id', '=', hook_id)
      .where('order_key', '=', order_key)
      .orderBy('order_position')
      .limit(1)
      .forUpdate(),
  );
  if (head === undefined || !isReleased(head)) return;
  await session.run(
    session.db
      .updateTable('bellwire_deliveries')
      .set({ next_attempt_at: now })
      .where('workspace_id', '=', head.workspace_id)
      .where('id', '=', head.id),
  );
};

/** Locks a hook, against every transaction that changes its orders. */
export const lockOrders = async (session: Session, hook_ids: readonly string[]): Promise<void> => {
  for (const id of [...new Set(hook_ids)].toSorted()) {
    await session.run(
      session.db.selectFrom('bellwire_hooks').select('id').where('id', '=', id).forNoKeyUpdate(),
    );
  }
};
