import { firstStatus } from '../../core/fan-out.ts';
import type { Event } from '../../core/event.ts';
import type { IdFactory } from '../../core/ids.ts';
import type { LeasedDelivery, NewEvent } from '../../ports/store.ts';
import { type DeliveryRow, newDeliveryRow, toDelivery } from '../rows/delivery-row.ts';
import type { Batch } from './batch.ts';
import type { IndexedHook } from './hook-reader.ts';
import type { HookThrottles } from './hook-throttles.ts';
import type { PlaceOf } from './orders.ts';
import { columns, prepare, type SqliteConnection } from './prepared.ts';

/** Stores the deliveries of one event for some of its hooks, inside the open transaction. */
export type WriteDeliveries = (
  event: Event & Pick<NewEvent, 'trigger' | 'deliver_at'>,
  hooks: readonly IndexedHook[],
  options: DeliveryWriteOptions,
) => readonly LeasedDelivery[];

export interface DeliveryWriteOptions {
  readonly batch: Batch;
  readonly lease_until: number;
  readonly saturated_hooks: ReadonlySet<string>;
  /** The event that the leased deliveries carry; null for a large one. */
  readonly kept_event: Event | null;
}

const DELIVERY_COLUMNS = [
  'workspace_id',
  'id',
  'tenant',
  'event_id',
  'event_type',
  'hook_id',
  'trigger',
  'status',
  'attempts',
  'failures',
  'returns',
  'has_succeeded',
  'suspicion',
  'next_attempt_at',
  'order_key',
  'order_position',
  'lease_token',
  'lease_until',
  'leased_by',
  'resume_status',
  'resume_at',
  'failure_reason',
  'last_outcome',
  'last_detail',
  'last_status',
  'last_duration_ms',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof DeliveryRow)[];

const FIRST_LEASE = 1;

const withPlace = (
  row: DeliveryRow,
  { order_key, order_position }: Pick<DeliveryRow, 'order_key' | 'order_position'>,
): DeliveryRow => ({ ...row, order_key, order_position });

/** A writer with its statement prepared on one connection. */
export const createDeliveryWriter = (
  { db, raw }: SqliteConnection,
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
  const insert = prepare<DeliveryRow>(raw, (param) =>
    db.insertInto('bellwire_deliveries').values(columns(param, DELIVERY_COLUMNS)),
  );

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
