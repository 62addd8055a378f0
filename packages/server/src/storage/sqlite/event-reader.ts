import type { Delivery } from '../../core/delivery.ts';
import type { Event } from '../../core/event.ts';
import { type EventRow, toEventOrNull } from '../rows/event-row.ts';
import { prepare, type SqliteConnection } from './prepared.ts';

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
      const event = row === undefined ? null : toEventOrNull(row);
      if (event !== null) events.set(event_id, event);
    }
    return events;
  };
};
