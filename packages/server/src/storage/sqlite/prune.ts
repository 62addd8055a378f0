import { sql } from 'kysely';
import type { PruneResult, Store } from '../../ports/store.ts';
import { createEventMetadata, type EventMetadataIndex } from './event-metadata.ts';
import { DeliveryExpirer } from './expire-deliveries.ts';
import type { Orders } from '../store/orders.ts';
import { prepare, type SqliteConnection } from './prepared.ts';

type Prune = Parameters<Store['prune']>[0];

interface OldEvent {
  readonly rowid: number;
  readonly workspace_id: string;
  readonly id: string;
  readonly created_at: number;
  readonly deliveries: number;
  readonly has_metadata: number;
}

/** The order that a failed delivery has blocked, if any. */
type DeletedDelivery = Parameters<Orders['release']>[0];

/** Maximum number of events examined per slice. */
const WINDOW = 200;
/** Deliveries examined per slice to find finished events; one large event may exceed it. */
const EXAMINED_MAX = 2_000;
/** Interval at which the walk restarts at the oldest event, so that unfinished events are not read every second. */
const RESTART_MS = 60_000;

const OPEN = ['pending', 'sending', 'held'] as const;

const deleteOfEvent = (
  { db, raw }: SqliteConnection,
  table: 'bellwire_wire_ids' | 'bellwire_request_bodies',
) => prepare<{ id: string }>(raw, (param) => db.deleteFrom(table).where('event_id', '=', param('id')));

const createStatements = ({ db, raw }: SqliteConnection) => ({
  // Rows are appended in id order, so the rowid finds the oldest events of all workspaces without an index.
  selectOldest: prepare<{ after: number; limit: number }, OldEvent>(raw, (param) =>
    db
      .selectFrom('bellwire_events')
      .select([
        sql<number>`rowid`.as('rowid'),
        'workspace_id',
        'id',
        'created_at',
        'deliveries',
        sql<number>`metadata is not null`.as('has_metadata'),
      ])
      .where(sql<number>`rowid`, '>', param('after'))
      .orderBy(sql`rowid`)
      .limit(param('limit')),
  ),
  selectOpen: prepare<{ id: string }, { one: number }>(raw, (param) =>
    db
      .selectFrom('bellwire_deliveries')
      .select(sql.lit(1).as('one'))
      .where('event_id', '=', param('id'))
      .where('status', 'in', OPEN)
      .limit(1),
  ),
  selectFanOut: prepare<{ workspace_id: string; id: string }, { one: number }>(raw, (param) =>
    db
      .selectFrom('bellwire_fan_outs')
      .select(sql.lit(1).as('one'))
      .where('workspace_id', '=', param('workspace_id'))
      .where('event_id', '=', param('id'))
      .limit(1),
  ),
  selectDeliveries: prepare<{ id: string; limit: number }, { id: string }>(raw, (param) =>
    db
      .selectFrom('bellwire_deliveries')
      .select('id')
      .where('event_id', '=', param('id'))
      .limit(param('limit')),
  ),
  deleteAttempts: prepare<{ delivery_id: string }>(raw, (param) =>
    db.deleteFrom('bellwire_attempts').where('delivery_id', '=', param('delivery_id')),
  ),
  // A manual attempt may have started since the event was found finished: its delivery is kept.
  deleteDelivery: prepare<{ workspace_id: string; id: string }, DeletedDelivery>(raw, (param) =>
    db
      .deleteFrom('bellwire_deliveries')
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', '=', param('id'))
      .where('status', 'not in', OPEN)
      .returning(['hook_id', 'order_key']),
  ),
  deleteWireIds: deleteOfEvent({ db, raw }, 'bellwire_wire_ids'),
  deleteRequestBodies: deleteOfEvent({ db, raw }, 'bellwire_request_bodies'),
  deleteEvent: prepare<{ workspace_id: string; id: string }>(raw, (param) =>
    db
      .deleteFrom('bellwire_events')
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', '=', param('id')),
  ),
});

/**
 * Deletes old, finished events and everything that belongs to them, the oldest first, and cancels deliveries of old
 * events that have waited too long. Each slice examines a bounded number of events and changes a bounded number of rows, regardless of the number of workspaces and events.
 */
export class EventPruner {
  readonly #statements: ReturnType<typeof createStatements>;
  readonly #metadata: EventMetadataIndex;
  /** The rowid up to which every event has been examined. */
  #position = 0;
  /** The rowid of the event that is being deleted, which is not checked again. */
  #current: number | null = null;
  #started_at = 0;
  readonly #expirer: DeliveryExpirer;
  readonly #orders: Orders;

  constructor(connection: SqliteConnection, orders: Orders) {
    this.#orders = orders;
    this.#expirer = new DeliveryExpirer(connection, orders);
    this.#statements = createStatements(connection);
    this.#metadata = createEventMetadata(connection);
  }

  /** Call it inside the open transaction. */
  prune({ now, before, limit }: Prune): PruneResult {
    // Unfinished events may have finished since.
    if (this.#current === null && Math.abs(now - this.#started_at) >= RESTART_MS) {
      this.#position = 0;
      this.#started_at = now;
    }
    const events = this.#statements.selectOldest.all({ after: this.#position, limit: WINDOW });
    let deleted = 0;
    let expired = 0;
    let examined = 0;
    for (const event of events) {
      // A date in the future means that the clock was set back: such an event must not end the walk.
      const is_young = event.created_at >= before;
      if (is_young && event.created_at <= now) return { deleted, expired, has_more: false };
      if (!is_young) {
        examined += event.deliveries;
        const ended = this.#end(event, { now, before, limit: limit - deleted - expired });
        expired += ended.canceled;
        if (ended.has_more) return { deleted, expired, has_more: true };
        if (ended.has_ended) deleted += this.#delete(event, { now, limit: limit - deleted - expired });
      }
      if (this.#current === null) this.#position = event.rowid;
      if (deleted + expired >= limit || examined >= EXAMINED_MAX) return { deleted, expired, has_more: true };
    }
    return { deleted, expired, has_more: events.length === WINDOW };
  }

  /** Cancels what has waited too long, and says whether the event can be deleted. */
  #end(event: OldEvent, slice: Prune): { canceled: number; has_more: boolean; has_ended: boolean } {
    if (this.#current === event.rowid) return { canceled: 0, has_more: false, has_ended: true };
    const has_fan_out = this.#statements.selectFanOut.get(event) !== undefined;
    // An event whose deliveries are being canceled is not searched again: it can have a million of them.
    if (!this.#expirer.isWithin(event.id) && this.#statements.selectOpen.get(event) === undefined) {
      return { canceled: 0, has_more: false, has_ended: !has_fan_out };
    }
    const { has_open, ...expired } = this.#expirer.expire(event, slice);
    return { ...expired, has_ended: !expired.has_more && !has_open && !has_fan_out };
  }

  /** Deletes about `limit` rows of an event, the event itself last. It remains `#current` until it is complete. */
  #delete(
    { rowid, workspace_id, id, has_metadata }: OldEvent,
    { now, limit }: Pick<Prune, 'now' | 'limit'>,
  ): number {
    let deleted = 0;
    let kept = 0;
    this.#current = rowid;
    const deliveries = this.#statements.selectDeliveries.all({ id, limit });
    for (const delivery of deliveries) {
      if (deleted >= limit) return deleted;
      const removed = this.#statements.deleteDelivery.get({ workspace_id, id: delivery.id });
      if (removed === undefined) {
        kept += 1;
        continue;
      }
      deleted += 1 + this.#statements.deleteAttempts.run({ delivery_id: delivery.id });
      this.#orders.release(removed, now);
    }
    if (kept === 0 && deliveries.length === limit) return deleted;
    this.#current = null;
    if (kept > 0) return deleted;
    if (has_metadata === 1) this.#metadata.remove(id);
    this.#statements.deleteWireIds.run({ id });
    deleted += this.#statements.deleteRequestBodies.run({ id });
    this.#statements.deleteEvent.run({ workspace_id, id });
    return deleted + 1;
  }
}
