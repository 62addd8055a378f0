import { sql } from 'kysely';
import type { PayloadPruneResult, Store } from '../../ports/store.ts';
import { prepare, type SqliteConnection } from './prepared.ts';

type Prune = Parameters<Store['prunePayloads']>[0];

interface OldEvent {
  readonly rowid: number;
  readonly workspace_id: string;
  readonly id: string;
  readonly created_at: number;
  readonly payload_expired_at: number | null;
}

/** Maximum number of events examined per slice. */
const WINDOW = 200;
/** Interval at which events that were passed with unfinished deliveries are examined again. */
const RECHECK_MS = 60_000;

const OPEN = ['pending', 'sending', 'held'] as const;
const COLUMNS = ['workspace_id', 'id', 'created_at', 'payload_expired_at'] as const;

const createEventStatements = ({ db, raw }: SqliteConnection) => ({
  // Rows are appended in id order, so the rowid finds the oldest events of all workspaces without an index.
  selectOldest: prepare<{ after: number; limit: number }, OldEvent>(raw, (param) =>
    db
      .selectFrom('bellwire_events')
      .select([sql<number>`rowid`.as('rowid'), ...COLUMNS])
      .where(sql<number>`rowid`, '>', param('after'))
      .orderBy(sql`rowid`)
      .limit(param('limit')),
  ),
  selectOne: prepare<{ rowid: number }, OldEvent>(raw, (param) =>
    db
      .selectFrom('bellwire_events')
      .select([sql<number>`rowid`.as('rowid'), ...COLUMNS])
      .where(sql<number>`rowid`, '=', param('rowid')),
  ),
  removeRequestBodies: prepare<{ id: string }>(raw, (param) =>
    db.deleteFrom('bellwire_request_bodies').where('event_id', '=', param('id')),
  ),
  removeData: prepare<{ rowid: number; now: number }>(raw, (param) =>
    db
      .updateTable('bellwire_events')
      .set({ data: null, previous_data: null, payload_expired_at: param('now') })
      .where(sql<number>`rowid`, '=', param('rowid')),
  ),
});

const createDeliveryStatements = ({ db, raw }: SqliteConnection) => ({
  /** A delivery that has not ended, or that has changed since `since`. */
  selectBusy: prepare<{ id: string; since: number }, { one: number }>(raw, (param) =>
    db
      .selectFrom('bellwire_deliveries')
      .select(sql.lit(1).as('one'))
      .where('event_id', '=', param('id'))
      .where((eb) => eb.or([eb('status', 'in', OPEN), eb('updated_at', '>=', param('since'))]))
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
  selectDeliveries: prepare<
    { workspace_id: string; id: string; after: string; limit: number },
    { id: string }
  >(raw, (param) =>
    db
      .selectFrom('bellwire_deliveries')
      .select('id')
      .where('event_id', '=', param('id'))
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', '>', param('after'))
      .orderBy('id')
      .limit(param('limit')),
  ),
  removeBodies: prepare<{ delivery_id: string }>(raw, (param) =>
    db
      .updateTable('bellwire_attempts')
      .set({ request_body: null, request_body_hash: null, response_body: null })
      .where('delivery_id', '=', param('delivery_id'))
      .where((eb) =>
        eb.or([
          eb('request_body', 'is not', null),
          eb('request_body_hash', 'is not', null),
          eb('response_body', 'is not', null),
        ]),
      ),
  ),
});

/**
 * Removes the payloads of old events whose deliveries have ended: the data, and the bodies of their attempts. Each payload
 * is removed once: the walk over the events only moves forward, and remembers the events that it passed because they had
 * unfinished deliveries. After a restart it starts at the oldest event and passes the removed ones without a write.
 */
export class PayloadPruner {
  readonly #events: ReturnType<typeof createEventStatements>;
  readonly #deliveries: ReturnType<typeof createDeliveryStatements>;
  /** The rowid up to which every event has been examined. */
  #position = 0;
  /** Rowids of events with unfinished deliveries, and those that are still to be examined again in this round. */
  readonly #passed = new Set<number>();
  #recheck: number[] = [];
  #rechecked_at = 0;
  /** The event whose attempts are being removed, in slices. */
  #current: { readonly rowid: number; readonly after: string; readonly since: number } | null = null;

  constructor(connection: SqliteConnection) {
    this.#events = createEventStatements(connection);
    this.#deliveries = createDeliveryStatements(connection);
  }

  /** Call it inside the open transaction. */
  prune(slice: Prune): PayloadPruneResult {
    const { now, limit } = slice;
    if (this.#recheck.length === 0 && Math.abs(now - this.#rechecked_at) >= RECHECK_MS) {
      this.#recheck = [...this.#passed];
      this.#rechecked_at = now;
    }
    const again = this.#recheck
      .slice(0, WINDOW)
      .map((rowid) => this.#events.selectOne.get({ rowid }) ?? rowid);
    let removed = 0;
    for (const event of again) {
      if (typeof event === 'number') this.#passed.delete(event);
      else removed += this.#examine(event, slice, limit - removed);
      if (this.#current !== null) return { removed, has_more: true };
      this.#recheck.shift();
    }
    if (this.#recheck.length > 0 || removed >= limit) return { removed, has_more: true };
    return this.#walk(slice, removed);
  }

  #walk(slice: Prune, before: number): PayloadPruneResult {
    const { now, limit } = slice;
    let removed = before;
    const events = this.#events.selectOldest.all({ after: this.#position, limit: WINDOW });
    for (const event of events) {
      // A date in the future means that the clock was set back: such an event must not end the walk.
      if (event.created_at >= slice.before && event.created_at <= now) return { removed, has_more: false };
      removed += this.#examine(event, slice, limit - removed);
      if (this.#current !== null) return { removed, has_more: true };
      this.#position = event.rowid;
      if (removed >= limit) return { removed, has_more: true };
    }
    return { removed, has_more: events.length === WINDOW };
  }

  /** Removes the payload of an event, or remembers that it cannot be removed yet. Returns the number of changed rows. */
  #examine(event: OldEvent, { now, before }: Prune, limit: number): number {
    const { rowid } = event;
    this.#passed.delete(rowid);
    if (event.payload_expired_at !== null) return 0;
    if (this.#current?.rowid === rowid) return this.#remove(event, now, limit);
    if (event.created_at >= before || this.#isBusy(event, Number.MAX_SAFE_INTEGER)) {
      this.#passed.add(rowid);
      return 0;
    }
    this.#current = { rowid, after: '', since: now };
    return this.#remove(event, now, limit);
  }

  /** Removes about `limit` bodies of an event, its data last. It remains `#current` until it is complete. */
  #remove(event: OldEvent, now: number, limit: number): number {
    const { rowid, workspace_id, id } = event;
    const { after, since } = this.#current ?? { after: '', since: now };
    const rows = Math.max(1, limit);
    const deliveries = this.#deliveries.selectDeliveries.all({ workspace_id, id, after, limit: rows });
    let removed = 0;
    for (const delivery of deliveries) {
      removed += this.#deliveries.removeBodies.run({ delivery_id: delivery.id });
    }
    const last = deliveries.length === rows ? deliveries.at(-1) : undefined;
    if (last !== undefined) {
      this.#current = { rowid, after: last.id, since };
      return removed;
    }
    this.#current = null;
    // A manual attempt of a delivery can have begun since the first slice, and needs or has left a body.
    if (after !== '' && this.#isBusy(event, since)) {
      this.#passed.add(rowid);
      return removed;
    }
    removed += this.#events.removeRequestBodies.run({ id });
    return removed + this.#events.removeData.run({ rowid, now });
  }

  #isBusy(event: OldEvent, since: number): boolean {
    if (this.#deliveries.selectFanOut.get(event) !== undefined) return true;
    return this.#deliveries.selectBusy.get({ id: event.id, since }) !== undefined;
  }
}
