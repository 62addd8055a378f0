import type { Database } from 'better-sqlite3';
import { type Kysely, sql } from 'kysely';
import type { PruneResult, Store } from '../../ports/store.ts';
import type { Schema } from '../schema.ts';
import { prepare } from './prepared.ts';

type Prune = Parameters<Store['prune']>[0];

interface OldEvent {
  readonly rowid: number;
  readonly workspace_id: string;
  readonly id: string;
  readonly created_at: number;
  readonly deliveries: number;
}

/** Events looked at in one slice, also where all of them have to stay. */
const WINDOW = 200;
/** Deliveries that one slice looks at to find out which events are finished, but for those of one large event. */
const LOOKED_AT_MAX = 2_000;
/** How often the walk begins again at the oldest event: those that had to stay are not read each second. */
const BEGIN_AGAIN_MS = 60_000;

const OPEN = ['pending', 'sending', 'held'] as const;

/** The statements, prepared on one connection. */
const createStatements = ({ db, raw }: { readonly db: Kysely<Schema>; readonly raw: Database }) => ({
  // Rows are appended in the order of their ids, so the row number finds the oldest of all workspaces without an index.
  selectOldest: prepare<{ after: number; limit: number }, OldEvent>(raw, (param) =>
    db
      .selectFrom('bellwire_events')
      .select([sql<number>`rowid`.as('rowid'), 'workspace_id', 'id', 'created_at', 'deliveries'])
      .where(sql<number>`rowid`, '>', param('after'))
      .orderBy(sql`rowid`)
      .limit(param('limit')),
  ),
  selectOpen: prepare<{ workspace_id: string; id: string }, { one: number }>(raw, (param) =>
    db
      .selectFrom('bellwire_deliveries')
      .select(sql.lit(1).as('one'))
      .where('event_id', '=', param('id'))
      .where('status', 'in', OPEN)
      .unionAll(
        db
          .selectFrom('bellwire_fan_outs')
          .select(sql.lit(1).as('one'))
          .where('workspace_id', '=', param('workspace_id'))
          .where('event_id', '=', param('id')),
      )
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
  // A manual retry may have begun since the event was found to be finished: its delivery stays.
  deleteDelivery: prepare<{ workspace_id: string; id: string }>(raw, (param) =>
    db
      .deleteFrom('bellwire_deliveries')
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', '=', param('id'))
      .where('status', 'not in', OPEN),
  ),
  deleteWireIds: prepare<{ id: string }>(raw, (param) =>
    db.deleteFrom('bellwire_wire_ids').where('event_id', '=', param('id')),
  ),
  deleteEvent: prepare<{ workspace_id: string; id: string }>(raw, (param) =>
    db
      .deleteFrom('bellwire_events')
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', '=', param('id')),
  ),
});

/**
 * Deletes events that are old enough and finished, with everything that belongs to them, the oldest first. A slice is
 * bounded in the events that it looks at and the rows that it deletes, whatever the number of workspaces and events.
 */
export class EventPruner {
  readonly #statements: ReturnType<typeof createStatements>;
  /** Every event up to this row was looked at. */
  #position = 0;
  /** The event whose rows are being deleted: known to be finished, so it is not checked again. */
  #current: number | null = null;
  #began_at = 0;

  constructor(connection: { readonly db: Kysely<Schema>; readonly raw: Database }) {
    this.#statements = createStatements(connection);
  }

  /** To be called inside the open transaction. */
  prune({ now, before, limit }: Prune): PruneResult {
    // Events that had to stay may have finished since.
    if (this.#current === null && Math.abs(now - this.#began_at) >= BEGIN_AGAIN_MS) {
      this.#position = 0;
      this.#began_at = now;
    }
    const events = this.#statements.selectOldest.all({ after: this.#position, limit: WINDOW });
    let deleted = 0;
    let looked_at = 0;
    for (const event of events) {
      // Dates in the future come from a clock that was set back: such an event must not stop the walk.
      const is_young = event.created_at >= before;
      if (is_young && event.created_at <= now) return { deleted, has_more: false };
      if (!is_young) {
        looked_at += event.deliveries;
        if (this.#current === event.rowid || !this.#isOpen(event))
          deleted += this.#delete(event, limit - deleted);
      }
      if (this.#current === null) this.#position = event.rowid;
      if (deleted >= limit || looked_at >= LOOKED_AT_MAX) return { deleted, has_more: true };
    }
    return { deleted, has_more: events.length === WINDOW };
  }

  #isOpen(event: OldEvent): boolean {
    return this.#statements.selectOpen.get(event) !== undefined;
  }

  /** Deletes up to about `limit` rows of an event, the event itself last. It stays `#current` while it is not done. */
  #delete({ rowid, workspace_id, id }: OldEvent, limit: number): number {
    let deleted = 0;
    let kept = 0;
    this.#current = rowid;
    const deliveries = this.#statements.selectDeliveries.all({ id, limit });
    for (const delivery of deliveries) {
      if (deleted >= limit) return deleted;
      const removed = this.#statements.deleteDelivery.run({ workspace_id, id: delivery.id });
      if (removed === 0) kept += 1;
      else deleted += removed + this.#statements.deleteAttempts.run({ delivery_id: delivery.id });
    }
    if (kept === 0 && deliveries.length === limit) return deleted;
    this.#current = null;
    if (kept > 0) return deleted;
    this.#statements.deleteWireIds.run({ id });
    this.#statements.deleteEvent.run({ workspace_id, id });
    return deleted + 1;
  }
}
