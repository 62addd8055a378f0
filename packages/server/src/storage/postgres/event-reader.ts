import { type Kysely, sql } from 'kysely';
import type { Delivery } from '../../core/delivery.ts';
import type { Event } from '../../core/event.ts';
import { type EventRow, toEventOrNull } from '../rows/event-row.ts';
import type { Schema } from '../schema.ts';

/** The events of deliveries, by event id, without those that cannot be read. */
export const readEvents = async (
  db: Kysely<Schema>,
  deliveries: readonly Delivery[],
): Promise<ReadonlyMap<string, Event>> => {
  const ids = new Map(deliveries.map(({ workspace_id, event_id }) => [event_id, workspace_id]));
  // The ids alone restrict the statement to the partitions of their days.
  const { rows } = await sql<EventRow>`
    select e.* from unnest(${[...ids.values()]}::text[], ${[...ids.keys()]}::text[]) as x(workspace_id, id)
    join ${sql.table('bellwire_events')} e on e.workspace_id = x.workspace_id and e.id = x.id
      and e.id = any(${[...ids.keys()]}::text[])`.execute(db);
  const events = new Map<string, Event>();
  for (const row of rows) {
    const event = toEventOrNull(row);
    if (event !== null) events.set(event.id, event);
  }
  return events;
};
