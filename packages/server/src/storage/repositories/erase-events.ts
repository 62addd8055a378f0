import type { Kysely, Transaction } from 'kysely';
import type { Schema } from '../schema.ts';
import { releaseOrders } from './orders.ts';

/** The number of deleted rows. */
export interface Erased {
  readonly events: number;
  readonly deliveries: number;
  /** False while deliveries of the events are left; the events themselves are then kept. */
  readonly is_complete: boolean;
}

/** The events to delete, and the maximum number of deliveries. */
interface EraseSlice {
  readonly event_ids: readonly string[];
  readonly limit: number;
  readonly now: number;
}

/**
 * Deletes events with everything that belongs to them, at most `limit` deliveries per call. An attempt in progress is not
 * recorded: its lease has no delivery.
 */
export const eraseEvents = async (
  trx: Transaction<Schema>,
  workspace_id: string,
  { event_ids, limit, now }: EraseSlice,
): Promise<Erased> => {
  if (event_ids.length === 0) return { events: 0, deliveries: 0, is_complete: true };
  // First, so that a fan-out under way adds no delivery.
  await trx
    .deleteFrom('bellwire_fan_outs')
    .where('workspace_id', '=', workspace_id)
    .where('event_id', 'in', event_ids)
    .execute();
  const rows = await trx
    .selectFrom('bellwire_deliveries')
    .select(['id', 'hook_id', 'order_key'])
    .where('event_id', 'in', event_ids)
    .limit(limit)
    .execute();
  const ids = rows.map(({ id }) => id);
  if (ids.length > 0) {
    await trx.deleteFrom('bellwire_attempts').where('delivery_id', 'in', ids).execute();
    await trx
      .deleteFrom('bellwire_deliveries')
      .where('workspace_id', '=', workspace_id)
      .where('id', 'in', ids)
      .execute();
    await releaseOrders(trx, rows, now);
  }
  if (ids.length === limit) return { events: 0, deliveries: ids.length, is_complete: false };
  for (const table of ['bellwire_wire_ids', 'bellwire_event_metadata', 'bellwire_request_bodies'] as const) {
    await trx.deleteFrom(table).where('event_id', 'in', event_ids).execute();
  }
  const { numDeletedRows } = await trx
    .deleteFrom('bellwire_events')
    .where('workspace_id', '=', workspace_id)
    .where('id', 'in', event_ids)
    .executeTakeFirst();
  return { events: Number(numDeletedRows), deliveries: ids.length, is_complete: true };
};

/** Events examined per read of a walk. */
const WINDOW = 20_000;

export interface EventWalk {
  readonly workspace_id: string;
  /** Null for every event. */
  readonly tenant: string | null;
  readonly after: string | null;
  readonly before: string;
}

/** Up to `limit` events of a walk over a workspace by id, and where it continues; null at its end. */
export const walkEvents = async (
  reader: Kysely<Schema>,
  { workspace_id, tenant, after, before }: EventWalk,
  limit: number,
): Promise<{ readonly event_ids: readonly string[]; readonly next: string | null }> => {
  let window = reader
    .selectFrom('bellwire_events')
    .select(['id', 'tenant'])
    .where('workspace_id', '=', workspace_id)
    .where('id', '<', before)
    .orderBy('id')
    .limit(WINDOW);
  if (after !== null) window = window.where('id', '>', after);
  let query = reader.selectFrom(window.as('row')).select('row.id').orderBy('row.id').limit(limit);
  if (tenant !== null) query = query.where('row.tenant', '=', tenant);
  const event_ids = (await query.execute()).map(({ id }) => id);
  if (event_ids.length === limit) return { event_ids, next: event_ids.at(-1) ?? null };
  const last = await window
    .offset(WINDOW - 1)
    .limit(1)
    .executeTakeFirst();
  return { event_ids, next: last?.id ?? null };
};
