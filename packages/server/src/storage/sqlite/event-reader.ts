import type { Database } from 'better-sqlite3';
import type { Kysely } from 'kysely';
import type { Delivery } from '../../core/delivery.ts';
import type { Event } from '../../core/event.ts';
import { type EventRow, toEvent } from '../rows/event-row.ts';
import type { Schema } from '../schema.ts';
import { prepare } from './prepared.ts';

/** Null for a damaged row: it must not fail the events beside it. */
const readEvent = (row: EventRow): Event | null => {
  try {
    return toEvent(row);
  } catch {
    return null;
  }
};

/** The events of deliveries by event id; each is read once, and one that cannot be read is missing. */
export const createEventReader = ({
  db,
  raw,
}: {
  readonly db: Kysely<Schema>;
  readonly raw: Database;
}): ((deliveries: readonly Delivery[]) => ReadonlyMap<string, Event>) => {
  const select = prepare<{ workspace_id: string; id: string }, EventRow>(raw, (param) =>
    db
      .selectFrom('bellwire_events')
      .selectAll()
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', '=', param('id')),
  );
  return (deliveries) => {
    const events = new Map<string, Event>();
    for (const { workspace_id, event_id } of deliveries) {
      if (events.has(event_id)) continue;
      const row = select.get({ workspace_id, id: event_id });
      const event = row === undefined ? null : readEvent(row);
      if (event !== null) events.set(event_id, event);
    }
    return events;
  };
};
