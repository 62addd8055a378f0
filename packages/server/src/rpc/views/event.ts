import { z } from 'zod';
import type { EventReceipt } from '../../ports/store.ts';
import type { JsonObject } from '../../core/json.ts';
import type { EventSummary, StoredEvent } from '../../ports/events.ts';
import { EXAMPLE } from '../examples.ts';
import { described, eventMetadata, jsonObject } from '../fields.ts';
import { issueView } from './error.ts';
import { iso, isoOrNull, shownTime, shownTimeOrNull } from './shown.ts';
import { warningsView } from './warning.ts';
import type { AcceptedEvent } from '../../delivery/accept.ts';

const shownFields = z.object({
  id: described(z.string(), 'The id: the same for every hook and every attempt.', EXAMPLE.event_id),
  type: described(z.string(), 'The event type.', EXAMPLE.event_type),
  tenant: described(z.string().nullable(), 'The customer that the event belongs to, or null.', null),
  occurred_at: shownTime('When it happened.'),
  created_at: shownTime('When it was accepted.'),
  deliver_at: shownTimeOrNull('When a delayed event is sent; null for one that is sent at once.', null),
  idempotency_key: described(z.string().nullable(), 'The idempotency key, if any.', 'order-1042-created'),
  deliveries: described(z.int(), 'Number of hooks that it is delivered to.', 2),
  filtered: described(
    z.int(),
    'Number of hooks that are subscribed to it and whose `filter` it does not match. Always 0 in the customer portal.',
    0,
  ),
});

export const receiptView = shownFields
  .extend({ warnings: warningsView('Why it reaches no hook; empty if it reaches one.') })
  .meta({ id: 'EventReceipt', description: 'An accepted event. It is stored durably.' });

const viewFields = (receipt: EventReceipt): z.infer<typeof shownFields> => ({
  id: receipt.id,
  type: receipt.type,
  tenant: receipt.tenant,
  occurred_at: iso(receipt.occurred_at),
  created_at: iso(receipt.created_at),
  deliver_at: isoOrNull(receipt.deliver_at),
  idempotency_key: receipt.idempotency_key,
  deliveries: receipt.deliveries,
  filtered: receipt.filtered,
});

export const viewReceipt = (event: AcceptedEvent): z.infer<typeof receiptView> => ({
  ...viewFields(event),
  warnings: [...event.warnings],
});

const payloadFields = {
  data: described(
    jsonObject.nullable(),
    'The event data, unchanged. Null after `payload_expired_at`.',
    EXAMPLE.data,
  ),
  previous_data: described(jsonObject.nullable(), 'The data before the change.', null),
};

const summaryFields = shownFields.extend({
  payload_expired_at: shownTimeOrNull(
    'When the data and the bodies of its attempts were removed; null while they are kept.',
    null,
  ),
  metadata: eventMetadata,
});

export const eventView = summaryFields
  .extend(payloadFields)
  .meta({ id: 'Event', description: 'A fact that was accepted for sending. Events never change.' });

export const listedEventView = summaryFields
  .extend({
    data: payloadFields.data.optional(),
    previous_data: payloadFields.previous_data.optional(),
  })
  .meta({
    id: 'ListedEvent',
    description: 'An event of a list: without `data` and `previous_data` unless they are included.',
  });

const viewSummary = (event: EventSummary): z.infer<typeof summaryFields> => ({
  ...viewFields(event),
  payload_expired_at: isoOrNull(event.payload_expired_at),
  metadata: { ...event.metadata },
});

export const viewListedEvent = (event: EventSummary): z.infer<typeof listedEventView> => viewSummary(event);

/** The payload is text until the answer is written as JSON. */
export const viewEvent = (event: StoredEvent): z.infer<typeof eventView> => ({
  ...viewSummary(event),
  data: event.data as unknown as JsonObject | null,
  previous_data: event.previous_data as unknown as JsonObject | null,
});

export const batchItemView = z
  .union([
    z.object({ ok: z.literal(true), event: receiptView }),
    z.object({
      ok: z.literal(false),
      error: z.object({
        code: described(z.string(), 'The code of the error.', 'invalid_input'),
        message: described(
          z.string(),
          'What happened, why, and what to do next.',
          'limit: must be at most 1000, not 5000.',
        ),
        issues: z.array(issueView).optional(),
      }),
    }),
  ])
  .meta({ id: 'BatchItem', description: 'The result of one event of a batch.' });
