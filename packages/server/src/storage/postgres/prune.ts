import { sql } from 'kysely';
import type { PruneResult, Store } from '../../ports/store.ts';
import {
  behind,
  eventsNamed,
  isAt,
  nextEvents,
  WALK_START,
  type WalkedEvent,
  type WalkPosition,
} from './event-walk.ts';
import { DeliveryExpirer } from './expire-deliveries.ts';
import { OldDays } from './old-days.ts';
import { isOpen } from './open-deliveries.ts';
import { lockOrders, releaseOrder } from './release-order.ts';
import type { Session } from './session.ts';

type Prune = Parameters<Store['prune']>[0];

/** Maximum number of events examined per slice. */
const WINDOW = 200;
/** Deliveries examined per slice to find finished events; one large event may exceed it. */
const EXAMINED_MAX = 2_000;
/** Interval at which the walk restarts at the oldest events, so that unfinished events are not read every second. */
const RESTART_MS = 60_000;
/** Workspaces per slice whose old events have all been examined. */
const WORKSPACES_MAX = 50;

/** Maximum number of deliveries per statement. */
const TOGETHER = 50;

const OPEN = ['pending', 'sending', 'held'] as const;

/** The ids of the first deliveries that have about `rows` rows with their attempts; at least one. */
const firstOf = (
  deliveries: readonly { readonly id: string; readonly attempts: number }[],
  rows: number,
): readonly string[] => {
  const ids: string[] = [];
  let found = 0;
  for (const { id, attempts } of deliveries) {
    if (found >= rows && ids.length > 0) break;
    ids.push(id);
    found += 1 + attempts;
  }
  return ids;
};

const anyOf = (ids: readonly string[]) => sql<string>`any(${ids}::text[])`;

interface EventState {
  /** Some of its hooks have no delivery yet. */
  readonly fan_out: boolean;
  /** Some of its deliveries have not ended. */
  readonly open: boolean;
}

// Deliveries of an event can be on any day: to plan all partitions would take longer than to read them.
const stateOf = async (session: Session, { workspace_id, id }: WalkPosition): Promise<EventState> => {
  const [state] = await session.allPlanned<EventState>(
    'event_state',
    sql<EventState>`
      select exists (select 1 from ${sql.table('bellwire_fan_outs')}
          where workspace_id = ${workspace_id} and event_id = ${id}) as fan_out,
        exists (select 1 from ${sql.table('bellwire_deliveries')} d
          where event_id = ${id} and ${isOpen('d')}) as open`,
  );
  return state ?? { fan_out: false, open: false };
};

/**
 * Deletes old, finished events and everything that belongs to them, the oldest of each workspace first, and cancels
 * deliveries of old events that have waited too long. A day with many events is dropped at once when all of it is old
 * enough. Each slice examines a bounded number of events and changes a bounded
 * number of rows.
 */
export class EventPruner {
  /** Up to which every event has been examined. */
  #position: WalkPosition = WALK_START;
  /** The event that is being deleted, which is not checked again. */
  #current: WalkPosition | null = null;
  #started_at = 0;
  readonly #expirer = new DeliveryExpirer();
  readonly #days = new OldDays();

  /** Call it inside the open transaction, one call at a time. */
  async prune(session: Session, slice: Prune): Promise<PruneResult> {
    const { now, before, limit } = slice;
    // Unfinished events may have finished since.
    if (this.#current === null && Math.abs(now - this.#started_at) >= RESTART_MS) {
      this.#position = WALK_START;
      this.#started_at = now;
    }
    const total = { deleted: 0, expired: 0 };
    await this.#days.read(session, now);
    let examined = 0;
    for (let workspaces = 0; workspaces < WORKSPACES_MAX; workspaces += 1) {
      const events = await nextEvents(session, this.#position, WINDOW);
      let young: WalkedEvent | undefined;
      let skipped: WalkPosition | undefined;
      for (const event of events) {
        // A date in the future means that the clock was set back: such an event must not end the walk.
        if (event.created_at >= before && event.created_at <= now) {
          young = event;
          break;
        }
        const large = this.#days.largeDayOf(event.id);
        if (large !== undefined) {
          skipped = { workspace_id: event.workspace_id, id: large.evt.to };
          break;
        }
        const rest = { now, before, limit: limit - total.deleted - total.expired };
        if (event.created_at < before) {
          examined += event.deliveries;
          if (await this.#examine(session, event, { slice: rest, total }))
            return { ...total, has_more: true };
        }
        if (this.#current === null) this.#position = event;
        if (total.deleted + total.expired >= limit || examined >= EXAMINED_MAX) {
          return { ...total, has_more: true };
        }
      }
      if (young !== undefined) this.#position = behind(young.workspace_id);
      else if (skipped !== undefined) this.#position = skipped;
      else if (events.length < WINDOW) {
        const is_idle = total.deleted + total.expired === 0;
        return (is_idle ? await this.#pruneDay(session, slice) : null) ?? { ...total, has_more: false };
      } else return { ...total, has_more: true };
    }
    return { ...total, has_more: true };
  }

  /** Continues to remove the oldest day that can be dropped; null if there is none for now. */
  async #pruneDay(session: Session, slice: Prune): Promise<PruneResult | null> {
    if (this.#current !== null) return null;
    const { now, limit } = slice;
    const day = await this.#days.next(session, slice);
    if (day === undefined) return null;
    const events = await eventsNamed(session, await this.#days.attachedEvents(session, day));
    if (events.length === 0) {
      const { deleted, has_more } = await this.#days.drop(session, day, { now, limit });
      return has_more ? { deleted, expired: 0, has_more } : null;
    }
    const total = { deleted: 0, expired: 0 };
    for (const event of events) {
      const rest = { ...slice, limit: limit - total.deleted - total.expired };
      if (rest.limit <= 0 || (await this.#examine(session, event, { slice: rest, total }))) break;
    }
    if (total.deleted + total.expired === 0) {
      this.#days.block(now);
      return null;
    }
    return { ...total, has_more: true };
  }

  /** True if the event has more deliveries to cancel. */
  async #examine(
    session: Session,
    event: WalkedEvent,
    { slice, total }: { readonly slice: Prune; readonly total: { deleted: number; expired: number } },
  ): Promise<boolean> {
    const ended = await this.#end(session, event, slice);
    total.expired += ended.canceled;
    if (ended.has_more) return true;
    if (!ended.has_ended) return false;
    total.deleted += await this.#delete(session, event, {
      now: slice.now,
      limit: slice.limit - ended.canceled,
    });
    return false;
  }

  /** Cancels what has waited too long, and says whether the event can be deleted. */
  async #end(
    session: Session,
    event: WalkedEvent,
    slice: Prune,
  ): Promise<{ canceled: number; has_more: boolean; has_ended: boolean }> {
    if (isAt(event, this.#current)) return { canceled: 0, has_more: false, has_ended: true };
    const { fan_out, open } = await stateOf(session, event);
    // An event whose deliveries are being canceled is not searched again: it can have a million of them.
    if (!this.#expirer.isWithin(event.id) && !open) {
      return { canceled: 0, has_more: false, has_ended: !fan_out };
    }
    const { has_open, ...expired } = await this.#expirer.expire(session, event, slice);
    return { ...expired, has_ended: !expired.has_more && !has_open && !fan_out };
  }

  /** Deletes about `limit` rows of an event, the event itself last. It remains `#current` until it is complete. */
  async #delete(
    session: Session,
    event: WalkedEvent,
    { now, limit }: Pick<Prune, 'now' | 'limit'>,
  ): Promise<number> {
    const { db } = session;
    const { workspace_id, id, has_metadata } = event;
    this.#current = event;
    const deliveries = await session.allPlanned(
      'deliveries_of_event',
      db
        .selectFrom('bellwire_deliveries')
        .select(['id', 'hook_id', 'order_key', 'attempts'])
        .where('event_id', '=', id)
        .limit(limit),
    );
    await lockOrders(
      session,
      deliveries.filter(({ order_key }) => order_key !== null).map(({ hook_id }) => hook_id),
    );
    let deleted = 0;
    let has_kept = false;
    for (let at = 0; at < deliveries.length;) {
      if (deleted >= limit) return deleted;
      const some = firstOf(deliveries.slice(at, at + TOGETHER), limit - deleted);
      at += some.length;
      // A manual attempt may have started since the event was found finished: its delivery is kept.
      const removed = await session.all(
        db
          .deleteFrom('bellwire_deliveries')
          .where('workspace_id', '=', workspace_id)
          .where('id', '=', anyOf(some))
          .where('status', 'not in', OPEN)
          .returning(['id', 'hook_id', 'order_key']),
      );
      has_kept ||= removed.length < some.length;
      const attempts = db
        .deleteFrom('bellwire_attempts')
        .where('delivery_id', '=', anyOf(removed.map((delivery) => delivery.id)));
      deleted += removed.length + (await session.run(attempts));
      for (const delivery of removed) await releaseOrder(session, delivery, now);
    }
    if (!has_kept && deliveries.length === limit) return deleted;
    this.#current = null;
    if (has_kept) return deleted;
    if (has_metadata) await session.run(db.deleteFrom('bellwire_event_metadata').where('event_id', '=', id));
    await session.run(db.deleteFrom('bellwire_wire_ids').where('event_id', '=', id));
    deleted += await session.run(db.deleteFrom('bellwire_request_bodies').where('event_id', '=', id));
    await session.run(
      db.deleteFrom('bellwire_events').where('workspace_id', '=', workspace_id).where('id', '=', id),
    );
    return deleted + 1;
  }
}
