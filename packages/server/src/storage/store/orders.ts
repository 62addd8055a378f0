import type { Delivery, DeliveryStatus } from '../../core/delivery.ts';
import { isReleased, keepsPlace, type OrderHead, orderKeyOf, takesPlace } from '../../core/order.ts';
import type { NewEvent } from '../../ports/store.ts';
import type { DeliveryRow } from '../rows/delivery-row.ts';
import { toLeased } from '../rows/leased-delivery.ts';
import type { Batch } from './batch.ts';
import type { IndexedHook } from './indexed-hook.ts';
import type { HookThrottles } from './hook-throttles.ts';
import type { Command, Query } from './statement.ts';

/** One order: the deliveries of a hook with one key. */
export interface OrderRef {
  readonly hook_id: string;
  readonly order_key: string;
}

/** A delivery by its key. */
export interface DeliveryRef {
  readonly workspace_id: string;
  readonly id: string;
}

type Place = Pick<DeliveryRow, 'order_key' | 'order_position'>;

/** The place of a new delivery; `is_blocked` if it waits for earlier ones. */
export type PlaceOf = (
  hook: IndexedHook,
  event: Pick<NewEvent, 'trigger' | 'deliver_at' | 'data'>,
) => (Place & { readonly is_blocked: boolean }) | null;

/** Keeps the orders of hooks, inside the open transaction. A delivery without a place costs no statement. */
export interface Orders {
  readonly placeOf: PlaceOf;
  /** Releases the next delivery if this one, whose lease has ended in `status`, was the last before it. */
  readonly settled: (delivery: Delivery, status: DeliveryStatus, batch: Batch) => void;
  /** Makes the first delivery of an order due if it waited for one that has left. */
  readonly release: (
    order: { readonly hook_id: string; readonly order_key: string | null },
    now: number,
  ) => void;
}

/** The first delivery of an order. */
export type Head = OrderHead & DeliveryRef;

/** Statements that read and change orders. */
export interface OrderStatements {
  readonly selectLast: Query<OrderRef, { readonly order_position: number }>;
  readonly selectFirst: Query<OrderRef, Head>;
  readonly leave: Command<DeliveryRef>;
  readonly makeDue: Command<DeliveryRef & { readonly now: number }>;
  readonly lease: Query<
    DeliveryRef & { readonly now: number; readonly lease_until: number; readonly node_id: string },
    DeliveryRow
  >;
}

/** Orders over the statements of one transaction, or of one connection. */
export const createOrders = (
  { selectLast, selectFirst, leave, makeDue, lease }: OrderStatements,
  { node_id, throttles }: { readonly node_id: string; readonly throttles: HookThrottles },
): Orders => {
  const releasedHead = ({ hook_id, order_key }: OrderRef): Head | undefined => {
    const head = selectFirst.get({ hook_id, order_key });
    return head !== undefined && isReleased(head) ? head : undefined;
  };

  /** A throttled hook gets it later, like its retries. */
  const mayLease = ({ workspace_id }: Head, hook_id: string, batch: Batch): boolean => {
    const hook = batch.sendableHook(workspace_id, hook_id);
    return hook !== null && throttles.takeFirst(hook, batch);
  };

  return {
    placeOf: (hook, event) => {
      if (!takesPlace(hook, event)) return null;
      const order_key = orderKeyOf(event.data, hook.order_key);
      const last = selectLast.get({ hook_id: hook.id, order_key })?.order_position;
      return { order_key, order_position: (last ?? 0) + 1, is_blocked: last !== undefined };
    },
    settled: ({ workspace_id, id, hook_id, order_key }, status, batch) => {
      if (order_key === null) return;
      if (!keepsPlace(status)) leave.run({ workspace_id, id });
      const head = releasedHead({ hook_id, order_key });
      if (head === undefined) return;
      const { now, lease_until } = batch;
      // Leased in the same transaction: another commit per delivery would halve the rate of an order.
      if (lease_until === null || !mayLease(head, hook_id, batch)) {
        makeDue.run({ ...head, now });
      } else {
        const row = lease.get({ ...head, now, lease_until, node_id });
        if (row !== undefined) batch.released.push(toLeased(row));
      }
    },
    release: ({ hook_id, order_key }, now) => {
      if (order_key === null) return;
      const head = releasedHead({ hook_id, order_key });
      if (head !== undefined) makeDue.run({ ...head, now });
    },
  };
};
