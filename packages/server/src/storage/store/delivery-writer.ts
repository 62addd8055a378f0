import { firstStatus } from '../../core/fan-out.ts';
import type { Event } from '../../core/event.ts';
import type { IdFactory } from '../../core/ids.ts';
import type { HookSet, LeasedDelivery, NewEvent } from '../../ports/store.ts';
import { type DeliveryRow, newDeliveryRow, toDelivery } from '../rows/delivery-row.ts';
import type { Batch } from './batch.ts';
import type { IndexedHook } from './indexed-hook.ts';
import type { HookThrottles } from './hook-throttles.ts';
import type { PlaceOf } from './orders.ts';
import type { Command } from './statement.ts';

/** Stores the deliveries of one event for some of its hooks, inside the open transaction. */
export type WriteDeliveries = (
  event: Event & Pick<NewEvent, 'trigger' | 'deliver_at'>,
  hooks: readonly IndexedHook[],
  options: DeliveryWriteOptions,
) => readonly LeasedDelivery[];

export interface DeliveryWriteOptions {
  readonly batch: Batch;
  readonly lease_until: number;
  readonly saturated_hooks: HookSet;
  /** The event that the leased deliveries carry; null for a large one. */
  readonly kept_event: Event | null;
}

const FIRST_LEASE = 1;

const withPlace = (
  row: DeliveryRow,
  { order_key, order_position }: Pick<DeliveryRow, 'order_key' | 'order_position'>,
): DeliveryRow => ({ ...row, order_key, order_position });

/** A writer over a statement that inserts a row. */
export const createDeliveryWriter = (
  insert: Command<DeliveryRow>,
  {
    ids,
    node_id,
    throttles,
    placeOf,
  }: {
    readonly ids: IdFactory;
    readonly node_id: string;
    readonly throttles: HookThrottles;
    readonly placeOf: PlaceOf;
  },
): WriteDeliveries => {
  return (event, hooks, { batch, lease_until, saturated_hooks, kept_event }) => {
    const leased: LeasedDelivery[] = [];
    const { now } = batch;
    const due_at = Math.max(now, event.deliver_at ?? now);
    for (const hook of hooks) {
      const { workspace_id, tenant, trigger } = event;
      const current = batch.current(hook);
      const place = placeOf(hook, event);
      const is_blocked = place?.is_blocked ?? false;
      const is_queued = is_blocked || due_at > now || saturated_hooks.has(hook.id);
      const first = firstStatus(trigger, current.status, is_queued);
      const must_wait =
        first === 'sending' && trigger === 'scheduled' && !throttles.takeFirst(current, batch);
      const status = must_wait ? 'pending' : first;
      const new_row = newDeliveryRow(
        {
          workspace_id,
          id: ids('dlv'),
          tenant,
          event_id: event.id,
          event_type: event.type,
          hook_id: hook.id,
          trigger,
          status,
        },
        { now, next_attempt_at: status === 'pending' && !is_blocked ? due_at : null },
      );
      const row = place === null ? new_row : withPlace(new_row, place);
      if (status === 'sending') {
        const lease = { lease_token: FIRST_LEASE, lease_until };
        insert.run({ ...row, ...lease, leased_by: node_id });
        leased.push({ delivery: toDelivery(row), event: kept_event, is_backlog: false, ...lease });
      } else {
        insert.run(row);
      }
    }
    batch.stored += hooks.length;
    return leased;
  };
};
