import type { DeliveryStatus } from '../../core/delivery.ts';
import { hasExpired } from '../../core/expiry.ts';
import type { Schema } from '../schema.ts';
import { stoppedColumns } from '../stopped-columns.ts';
import type { Orders } from '../store/orders.ts';
import { prepare, type SqliteConnection } from './prepared.ts';

const isOpen = (status: DeliveryStatus): boolean => ['pending', 'sending', 'held'].includes(status);

interface EventRef {
  readonly workspace_id: string;
  readonly id: string;
}

type WaitingRow = Pick<
  Schema['bellwire_deliveries'],
  'id' | 'hook_id' | 'order_key' | 'status' | 'failures' | 'returns' | 'created_at' | 'updated_at'
>;

const createStatements = ({ db, raw }: SqliteConnection) => ({
  selectDeliveries: prepare<EventRef & { after: string; limit: number }, WaitingRow>(raw, (param) =>
    db
      .selectFrom('bellwire_deliveries')
      .select(['id', 'hook_id', 'order_key', 'status', 'failures', 'returns', 'created_at', 'updated_at'])
      .where('event_id', '=', param('id'))
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', '>', param('after'))
      .orderBy('id')
      .limit(param('limit')),
  ),
  cancel: prepare<EventRef & { now: number }>(raw, (param) =>
    db
      .updateTable('bellwire_deliveries')
      .set({ ...stoppedColumns('canceled', 'expired'), updated_at: param('now') })
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', '=', param('id')),
  ),
});

/** Cancels deliveries that have waited too long, one event after the other, in slices of an event with many. */
export class DeliveryExpirer {
  readonly #statements: ReturnType<typeof createStatements>;
  readonly #orders: Orders;
  /** The last delivery examined of an event with more of them. */
  #position: {
    readonly event_id: string;
    readonly delivery_id: string;
    readonly has_open: boolean;
  } | null = null;

  constructor(connection: SqliteConnection, orders: Orders) {
    this.#orders = orders;
    this.#statements = createStatements(connection);
  }

  /** Whether `expire` has more to do for the event. */
  isWithin(event_id: string): boolean {
    return this.#position?.event_id === event_id;
  }

  /**
   * Examines up to `limit` deliveries of the event, inside the open transaction, and cancels those that expired before
   * `before`. Call it again with the same event while `has_more`; then `has_open` says whether one of them has not ended.
   */
  expire(
    event: EventRef,
    { now, before, limit }: { readonly now: number; readonly before: number; readonly limit: number },
  ): { readonly canceled: number; readonly has_more: boolean; readonly has_open: boolean } {
    const { workspace_id, id } = event;
    const from = this.#position?.event_id === id ? this.#position : { delivery_id: '', has_open: false };
    const after = from.delivery_id;
    const deliveries = this.#statements.selectDeliveries.all({ workspace_id, id, after, limit });
    const expired = deliveries.filter((delivery) => hasExpired(delivery, before));
    for (const delivery of expired) {
      this.#statements.cancel.run({ workspace_id, id: delivery.id, now });
      this.#orders.release(delivery, now);
    }
    const last = deliveries.length === limit ? deliveries.at(-1) : undefined;
    const open = deliveries.filter(({ status }) => isOpen(status));
    const has_open = from.has_open || open.length > expired.length;
    this.#position = last === undefined ? null : { event_id: id, delivery_id: last.id, has_open };
    return { canceled: expired.length, has_more: last !== undefined, has_open };
  }
}
