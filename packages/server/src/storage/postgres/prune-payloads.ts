import { sql } from 'kysely';
import type { PayloadPruneResult, Store } from '../../ports/store.ts';
import { behind, isAt, nextEvents, WALK_START, type WalkedEvent, type WalkPosition } from './event-walk.ts';
import type { Session } from './session.ts';

type Prune = Parameters<Store['prunePayloads']>[0];

/** Maximum number of events examined per slice. */
const WINDOW = 200;
/** Interval at which events that were passed with unfinished deliveries are examined again. */
const RECHECK_MS = 60_000;
/** Workspaces per slice whose old events have all been examined. */
const WORKSPACES_MAX = 50;

const isBusy = async (
  session: Session,
  { workspace_id, id }: WalkPosition,
  since: number,
): Promise<boolean> => {
  const found = await session.get<{ readonly is_busy: boolean }>(sql<{ readonly is_busy: boolean }>`
    select exists (select 1 from ${sql.table('bellwire_fan_outs')}
        where workspace_id = ${workspace_id} and event_id = ${id})
      or exists (select 1 from ${sql.table('bellwire_deliveries')}
        where event_id = ${id} and (status in ('pending', 'sending', 'held') or updated_at >= ${since})) as is_busy`);
  return found?.is_busy === true;
};

/**
 * Removes the payloads of old events whose deliveries have ended: the data, and the bodies of their attempts. Each payload
 * is removed once: the walk over the events only moves forward in each workspace, and starts again from time to time for
 * the events that it passed because they had unfinished deliveries.
 */
export class PayloadPruner {
  #position: WalkPosition = WALK_START;
  #started_at = 0;
  /** The event whose attempts are being removed, in slices. */
  #current: (WalkPosition & { readonly after: string; readonly since: number }) | null = null;

  /** Call it inside the open transaction, one call at a time. */
  async prune(session: Session, slice: Prune): Promise<PayloadPruneResult> {
    const { now, before, limit } = slice;
    if (this.#current === null && Math.abs(now - this.#started_at) >= RECHECK_MS) {
      this.#position = WALK_START;
      this.#started_at = now;
    }
    let removed = 0;
    for (let workspaces = 0; workspaces < WORKSPACES_MAX; workspaces += 1) {
      const events = await nextEvents(session, this.#position, WINDOW);
      let young: WalkedEvent | undefined;
      for (const event of events) {
        // A date in the future means that the clock was set back: such an event must not end the walk.
        if (event.created_at >= before && event.created_at <= now) {
          young = event;
          break;
        }
        removed += await this.#examine(session, event, { ...slice, limit: limit - removed });
        if (this.#current !== null) return { removed, has_more: true };
        this.#position = event;
        if (removed >= limit) return { removed, has_more: true };
      }
      if (young !== undefined) this.#position = behind(young.workspace_id);
      else return { removed, has_more: events.length === WINDOW };
    }
    return { removed, has_more: true };
  }

  /** Removes the payload of an event unless it has not ended. Returns the number of changed rows. */
  async #examine(session: Session, event: WalkedEvent, slice: Prune): Promise<number> {
    if (event.payload_expired_at !== null || event.created_at >= slice.before) return 0;
    if (!isAt(event, this.#current)) {
      if (await isBusy(session, event, Number.MAX_SAFE_INTEGER)) return 0;
      this.#current = { ...event, after: '', since: slice.now };
    }
    return this.#remove(session, event, slice);
  }

  /** Removes about `limit` bodies of an event, its data last. It remains `#current` until it is complete. */
  async #remove(session: Session, event: WalkedEvent, { now, limit }: Prune): Promise<number> {
    const { workspace_id, id } = event;
    const { db } = session;
    const { after, since } = this.#current ?? { after: '', since: now };
    const rows = Math.max(1, limit);
    const deliveries = await session.all(
      db
        .selectFrom('bellwire_deliveries')
        .select('id')
        .where('event_id', '=', id)
        .where('workspace_id', '=', workspace_id)
        .where('id', '>', after)
        .orderBy('id')
        .limit(rows),
    );
    const ids = deliveries.map((delivery) => delivery.id);
    const removed = await session.run(
      db
        .updateTable('bellwire_attempts')
        .set({ request_body: null, request_body_hash: null, response_body: null })
        .where('delivery_id', '=', sql<string>`any(${ids}::text[])`)
        .where((eb) =>
          eb.or([
            eb('request_body', 'is not', null),
            eb('request_body_hash', 'is not', null),
            eb('response_body', 'is not', null),
          ]),
        ),
    );
    const last = deliveries.length === rows ? deliveries.at(-1) : undefined;
    if (last !== undefined) {
      this.#current = { workspace_id, id, after: last.id, since };
      return removed;
    }
    this.#current = null;
    // A manual attempt of a delivery can have begun since the first slice, and needs or has left a body.
    if (after !== '' && (await isBusy(session, event, since))) return removed;
    const bodies = await session.run(db.deleteFrom('bellwire_request_bodies').where('event_id', '=', id));
    const data = await session.run(
      db
        .updateTable('bellwire_events')
        .set({ data: null, previous_data: null, payload_expired_at: now })
        .where('workspace_id', '=', workspace_id)
        .where('id', '=', id),
    );
    return removed + bodies + data;
  }
}
