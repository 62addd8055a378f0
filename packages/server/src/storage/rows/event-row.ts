import type { Insertable, Selectable } from 'kysely';
import type { Event } from '../../core/event.ts';
import type { JsonObject } from '../../core/json.ts';
import type { NewEvent } from '../../ports/store.ts';
import type { Schema } from '../schema.ts';

export type EventRow = Selectable<Schema['bellwire_events']>;
export type NewEventRow = Insertable<Schema['bellwire_events']>;

const parse = (text: string): JsonObject => JSON.parse(text) as JsonObject;

/** The event of a row. */
export const toEvent = (row: EventRow): Event => ({
  id: row.id,
  workspace_id: row.workspace_id,
  tenant: row.tenant,
  type: row.type,
  data: parse(row.data),
  previous_data: row.previous_data === null ? null : parse(row.previous_data),
  occurred_at: row.occurred_at,
  created_at: row.created_at,
});

/** The row of a new event with `deliveries` hooks. */
export const toEventRow = (event: NewEvent, deliveries: number): NewEventRow => ({
  workspace_id: event.workspace_id,
  id: event.id,
  tenant: event.tenant,
  type: event.type,
  idempotency_key: event.idempotency_key,
  fingerprint: event.fingerprint,
  deliveries,
  addressed: event.hook_ids === null ? 0 : 1,
  occurred_at: event.occurred_at,
  created_at: event.created_at,
  deliver_at: event.deliver_at,
  metadata: event.metadata === null ? null : JSON.stringify(event.metadata),
  previous_data: event.previous_data_text,
  data: event.data_text,
});
