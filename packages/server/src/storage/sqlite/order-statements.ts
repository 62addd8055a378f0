import { sql } from 'kysely';
import type { DeliveryRow } from '../rows/delivery-row.ts';
import type { DeliveryRef, Head, OrderRef, OrderStatements } from '../store/orders.ts';
import { prepare, type SqliteConnection } from './prepared.ts';

/** The statements of orders, prepared on one connection. */
export const createOrderStatements = ({ db, raw }: SqliteConnection): OrderStatements => ({
  selectLast: prepare<OrderRef, { order_position: number }>(raw, (param) =>
    db
      .selectFrom('bellwire_deliveries')
      .select('order_position')
      .where('hook_id', '=', param('hook_id'))
      .where('order_key', '=', param('order_key'))
      .orderBy('order_position', 'desc')
      .limit(1)
      .$castTo<{ order_position: number }>(),
  ),
  selectFirst: prepare<OrderRef, Head>(raw, (param) =>
    db
      .selectFrom('bellwire_deliveries')
      .select(['workspace_id', 'id', 'status', 'next_attempt_at'])
      .where('hook_id', '=', param('hook_id'))
      .where('order_key', '=', param('order_key'))
      .orderBy('order_position')
      .limit(1),
  ),
  leave: prepare<DeliveryRef>(raw, (param) =>
    db
      .updateTable('bellwire_deliveries')
      .set({ order_key: null, order_position: null })
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', '=', param('id')),
  ),
  makeDue: prepare<DeliveryRef & { now: number }>(raw, (param) =>
    db
      .updateTable('bellwire_deliveries')
      .set({ next_attempt_at: param('now') })
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', '=', param('id')),
  ),
  lease: prepare<DeliveryRef & { now: number; lease_until: number; node_id: string }, DeliveryRow>(
    raw,
    (param) =>
      db
        .updateTable('bellwire_deliveries')
        .set((eb) => ({
          status: sql.lit('sending'),
          lease_token: eb('lease_token', '+', 1),
          lease_until: param('lease_until'),
          leased_by: param('node_id'),
          failure_reason: null,
          updated_at: param('now'),
        }))
        .where('workspace_id', '=', param('workspace_id'))
        .where('id', '=', param('id'))
        .returningAll(),
  ),
});
