import type { Delivery } from '../../core/delivery.ts';
import type { Event } from '../../core/event.ts';
import { type EventRow, toEvent } from '../rows/event-row.ts';
import { prepare, type SqliteConnection } from './prepared.ts';

/** Null for a row without its payload and for a corrupt one, which must not fail the other events. */
const readEvent = (row: EventRow): Event | null => {
  try {
    return toEvent(row);
  } catch {
    return null;
  }
};

/** The events of deliveries, by event id, without those that cannot be read. */
export const createEventReader = ({
  db,
  raw,
}: SqliteConnection): ((deliveries: readonly Delivery[]) => ReadonlyMap<string, Event>) => {
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
