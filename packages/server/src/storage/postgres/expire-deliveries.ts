import { sql } from 'kysely';
import type { DeliveryStatus } from '../../core/delivery.ts';
import { hasExpired } from '../../core/expiry.ts';
import { stoppedColumns } from '../stopped-columns.ts';
import type { WalkPosition } from './event-walk.ts';
import { lockOrders, releaseOrder } from './release-order.ts';
import type { Session } from './session.ts';

const isOpen = (status: DeliveryStatus): boolean => ['pending', 'sending', 'held'].includes(status);

interface Slice {
  readonly now: number;
  readonly before: number;
  readonly limit: number;
}

/** Cancels deliveries that have waited too long, one event after the other, in slices of an event with many. */
export class DeliveryExpirer {
  /** The last delivery examined of an event with more of them. */
  #position: {
    readonly event_id: string;
    readonly delivery_id: string;
    readonly has_open: boolean;
  } | null = null;

  /** Whether `expire` has more to do for the event. */
  isWithin(event_id: string): boolean {
    return this.#position?.event_id === event_id;
  }

  /**
   * Examines up to `limit` deliveries of the event, inside the open transaction, and cancels those that expired before
   * `before`. Call it again with the same event while `has_more`; then `has_open` says whether one of them has not ended.
   */
  async expire(
    session: Session,
    { workspace_id, id }: WalkPosition,
    { now, before, limit }: Slice,
  ): Promise<{ readonly canceled: number; readonly has_more: boolean; readonly has_open: boolean }> {
    const from = this.#position?.event_id === id ? this.#position : { delivery_id: '', has_open: false };
    const page = session.db
      .selectFrom('bellwire_deliveries')
      .where('event_id', '=', id)
      .where('workspace_id', '=', workspace_id)
      .where('id', '>', from.delivery_id)
      .orderBy('id')
      .limit(limit);
    const orders = await session.all(page.select('hook_id').where('order_key', 'is not', null));
    await lockOrders(
      session,
      orders.map(({ hook_id }) => hook_id),
    );
    const deliveries = await session.all(page.selectAll().forUpdate());
    const expired = deliveries.filter((delivery) => hasExpired(delivery, before));
    await session.run(
      session.db
        .updateTable('bellwire_deliveries')
        .set({ ...stoppedColumns('canceled', 'expired'), updated_at: now })
        .where('workspace_id', '=', workspace_id)
        .where('id', '=', sql<string>`any(${expired.map((delivery) => delivery.id)}::text[])`),
    );
    for (const delivery of expired) await releaseOrder(session, delivery, now);
    const last = deliveries.length === limit ? deliveries.at(-1) : undefined;
    const open = deliveries.filter(({ status }) => isOpen(status));
    const has_open = from.has_open || open.length > expired.length;
    this.#position = last === undefined ? null : { event_id: id, delivery_id: last.id, has_open };
    return { canceled: expired.length, has_more: last !== undefined, has_open };
  }
}
