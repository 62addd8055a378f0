import type { Insertable, Selectable } from 'kysely';
import type { Event } from '../../core/event.ts';
import type { JsonObject } from '../../core/json.ts';
import { StoredJson } from '../../core/stored-json.ts';
import type { EventPayload, EventSummary } from '../../ports/events.ts';
import type { EventReceipt, NewEvent } from '../../ports/store.ts';
import type { Schema } from '../schema.ts';

export type EventRow = Selectable<Schema['bellwire_events']>;
export type NewEventRow = Insertable<Schema['bellwire_events']>;

const parse = (text: string): JsonObject => JSON.parse(text) as JsonObject;

/** An event without its payload. */
export type EventSummaryRow = Omit<EventRow, 'data' | 'previous_data' | 'fingerprint'>;

const parseOrNull = (text: string | null): JsonObject | null => (text === null ? null : parse(text));

/**
 * The event of a row.
 * @throws Error if its payload was removed.
 */
export const toEvent = (row: EventRow): Event => {
  if (row.data === null) throw new Error(`the payload of the event ${row.id} was removed`);
  return {
    id: row.id,
    workspace_id: row.workspace_id,
    tenant: row.tenant,
    type: row.type,
    data: parse(row.data),
    previous_data: parseOrNull(row.previous_data),
    occurred_at: row.occurred_at,
    created_at: row.created_at,
  };
};

/** Null for a row without its payload and for a corrupt one, which must not fail the other events. */
export const toEventOrNull = (row: EventRow): Event | null => {
  try {
    return toEvent(row);
  } catch {
    return null;
  }
};

const stored = (text: string | null): StoredJson | null => (text === null ? null : new StoredJson(text));

/** The payload of an event, as the API shows it. */
export const toEventPayload = (row: Pick<EventRow, 'data' | 'previous_data'>): EventPayload => ({
  data: stored(row.data),
  previous_data: stored(row.previous_data),
});

/** The event of a row, as the API lists it. */
export const toEventSummary = (row: EventSummaryRow): EventSummary => ({
  id: row.id,
  tenant: row.tenant,
  type: row.type,
  idempotency_key: row.idempotency_key,
  deliveries: row.deliveries,
  filtered: row.filtered,
  deliver_at: row.deliver_at,
  metadata: row.metadata === null ? {} : (JSON.parse(row.metadata) as EventSummary['metadata']),
  payload_expired_at: row.payload_expired_at,
  occurred_at: row.occurred_at,
  created_at: row.created_at,
});

export type FanOutCounts = Pick<EventReceipt, 'deliveries' | 'filtered'>;

/** The row of a new event. */
export const toEventRow = (event: NewEvent, { deliveries, filtered }: FanOutCounts): NewEventRow => ({
  workspace_id: event.workspace_id,
  id: event.id,
  tenant: event.tenant,
  type: event.type,
  idempotency_key: event.idempotency_key,
  fingerprint: event.fingerprint,
  deliveries,
  filtered,
  addressed: event.hook_ids === null ? 0 : 1,
  occurred_at: event.occurred_at,
  created_at: event.created_at,
  deliver_at: event.deliver_at,
  metadata: event.metadata === null ? null : JSON.stringify(event.metadata),
  previous_data: event.previous_data_text,
  data: event.data_text,
});
