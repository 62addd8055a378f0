import type { JsonObject } from './json.ts';
import type { OperationalType } from './operational-events.ts';

/** An operational event type, as in a catalog. */
export interface OperationalEntry {
  readonly description: string;
  readonly schema: JsonObject;
  readonly example: JsonObject;
}

const text: JsonObject = { type: 'string' };
const textOrNull: JsonObject = { type: ['string', 'null'] };
const time: JsonObject = { type: 'string', format: 'date-time' };
const integer: JsonObject = { type: 'integer' };
const integerOrNull: JsonObject = { type: ['integer', 'null'] };

const entry = (
  description: string,
  fields: Readonly<Record<string, readonly [schema: JsonObject, example: JsonObject[string]]>>,
): OperationalEntry => ({
  description,
  schema: {
    type: 'object',
    properties: Object.fromEntries(Object.entries(fields).map(([name, [schema]]) => [name, schema])),
    required: Object.keys(fields),
  },
  example: Object.fromEntries(Object.entries(fields).map(([name, [, example]]) => [name, example])),
});

const TIME = '2026-01-05T09:30:00.000Z';

const hook = {
  hook_id: [text, 'wh_01jd7a9f3k5w2q8z6m4v0t7xbc'],
  hook_name: [textOrNull, 'Accounting'],
  tenant: [textOrNull, 'cus_42'],
} as const;

const lastAttempt = {
  last_outcome: [textOrNull, 'http_status'],
  last_status: [integerOrNull, 503],
} as const;

const entries: Readonly<Record<OperationalType, OperationalEntry>> = {
  'bellwire.hook.disabled': entry('Bellwire disabled a hook. Its deliveries are held.', {
    ...hook,
    reason: [text, 'failing'],
    ...lastAttempt,
    disabled_at: [time, TIME],
  }),
  'bellwire.hook.enabled': entry('A hook that Bellwire had disabled is active again.', {
    ...hook,
    disabled_reason: [textOrNull, 'failing'],
    enabled_at: [time, TIME],
  }),
  'bellwire.hook.failing': entry(
    'An attempt for a hook failed after the one before it had succeeded. Without a hook: the number of further ones.',
    {
      ...hook,
      hook_id: [textOrNull, hook.hook_id[1]],
      ...lastAttempt,
      failing_since: [time, TIME],
      count: [integer, 1],
    },
  ),
  'bellwire.delivery.failed': entry(
    'A delivery failed and is not retried. Without a delivery: the number of further ones.',
    {
      delivery_id: [textOrNull, 'dlv_01jd7b1c8r9t3v7w5x2z4q6mna'],
      event_id: [textOrNull, 'evt_01jd7b1c8r4n6s2y0p5h9g3kmd'],
      event_type: [textOrNull, 'order.created'],
      ...hook,
      hook_id: [textOrNull, hook.hook_id[1]],
      failure_reason: [textOrNull, 'exhausted'],
      ...lastAttempt,
      attempts: [integerOrNull, 8],
      failed_at: [time, TIME],
      count: [integer, 1],
    },
  ),
  'bellwire.backlog.high': entry('Deliveries of the workspace are due, and are not being sent.', {
    oldest_due_at: [time, TIME],
    age_seconds: [integer, 312],
    threshold_seconds: [integer, 300],
    measured_at: [time, '2026-01-05T09:35:12.000Z'],
  }),
  'bellwire.disk.low': entry('The volume of the database has little free space.', {
    free_bytes: [integer, 2_147_483_648],
    total_bytes: [integer, 26_843_545_600],
    threshold_bytes: [integer, 2_684_354_560],
    measured_at: [time, TIME],
  }),
};

/** What Bellwire sends about its own operation: ids, names, reasons, counts and times, never event data or secrets. */
export const operationalCatalog: ReadonlyMap<string, OperationalEntry> = new Map(Object.entries(entries));
