import { sha256 } from '../core/signing.ts';
import { defineDialect } from './define-dialect.ts';
import type { CatalogEntry } from './dialect.ts';
import { fiveAttempts } from './schedules.ts';
import { hexSecret, POST_JSON, signsBody } from './single-signature.ts';
import { isoSeconds } from './times.ts';

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz';
const WIRE_ID_DIGITS = 12;

/**
 * `wh_` and twelve digits derived from the event's id: the same for every attempt and every hook. From a hash, because
 * an id starts with its time and twelve of its digits would not be unique.
 */
const wireId = (event_id: string): string => {
  let rest = Buffer.from(sha256(event_id)).readBigUInt64BE();
  let digits = '';
  for (let n = 0; n < WIRE_ID_DIGITS; n += 1) {
    digits += DIGITS[Number(rest % 36n)];
    rest /= 36n;
  }
  return `wh_${digits}`;
};

const entry = (name: string, description: string): CatalogEntry => ({ name, description });

const number = { type: 'number' } as const;
const string = { type: 'string' } as const;

const orderCreated: CatalogEntry = {
  ...entry('order.created', 'A new order has been created'),
  schema: {
    type: 'object',
    properties: {
      order: {
        type: 'object',
        properties: {
          id: number,
          order_number: string,
          status: string,
          total: number,
          customer: { type: 'object', properties: { id: number, email: string } },
        },
      },
    },
  },
  example: {
    order: {
      id: 123,
      order_number: 'ORD-2024-001',
      status: 'pending',
      total: 499,
      customer: { id: 456, email: 'customer@example.com' },
    },
  },
};

/** The webhooks of Connect2Print, from its documentation: https only, a bare hex signature, ten seconds. */
export const connect2print = defineDialect({
  name: 'connect2print',
  envelope: ({ event }) => ({
    id: wireId(event.id),
    event: event.type,
    timestamp: isoSeconds(event.occurred_at),
    data: event.data,
  }),
  wire_id: wireId,
  header_names: { signature: 'X-Webhook-Signature' },
  ...signsBody('hex'),
  ...POST_JSON,
  https_only: true,
  timeout_ms: 10_000,
  retry: fiveAttempts,
  secret: hexSecret('always'),
  catalog: [
    orderCreated,
    entry('order.updated', 'An order has been updated'),
    entry('order.completed', 'An order has been completed'),
    entry('order.cancelled', 'An order has been cancelled'),
    entry('order.shipped', 'An order has been shipped'),
    entry('invoice.created', 'An invoice has been created'),
    entry('invoice.sent', 'An invoice has been sent'),
    entry('invoice.paid', 'An invoice has been paid'),
    entry('quote.created', 'A new quote has been created'),
    entry('quote.accepted', 'A quote has been accepted'),
    entry('quote.rejected', 'A quote has been rejected'),
    entry('production.job.created', 'A new production job has been created'),
    entry('production.job.completed', 'A production job is complete'),
    entry('customer.created', 'A new customer has been created'),
    entry('shipment.delivered', 'A shipment has been delivered'),
    entry('stock.low', 'Stock level is low'),
  ],
});
