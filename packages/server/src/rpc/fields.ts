import { z } from 'zod';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { contentTypes, methods } from '../dialects/dialect.ts';
import { EXAMPLE } from './examples.ts';

/** Says in the documentation what a field means, with a value that it can have. */
export const described = <T extends z.ZodType>(schema: T, description: string, example: unknown): T =>
  schema.meta({ description, examples: [example] });

/** A JSON object as it was sent: not copied, so that no key is dropped or changed. */
export const jsonObject = z
  .custom<JsonObject>(isJsonObject, { error: 'must be a JSON object' })
  .meta({ type: 'object', additionalProperties: true, examples: [{}] });

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9 ._-]*[A-Za-z0-9])?$/;
const NAME_RULE =
  'must begin and end with a letter or digit and hold nothing but letters, digits, dots, dashes, underscores and spaces';

/** `order.created`, `app-order-created`, `Site Plan Change`. */
export const eventTypeName = described(
  z
    .string()
    .max(128)
    .regex(NAME, NAME_RULE)
    .refine((name) => !name.includes('..'), 'must not have two dots in a row'),
  'The name of an event type: letters, digits, dots, dashes, underscores and spaces; no two dots in a row.',
  EXAMPLE.event_type,
);

/** An entry of a hook's `events`: a name, `order.*` for everything below `order.`, or `*`. */
const subscription = described(
  z
    .string()
    .max(130)
    .refine(
      (entry) =>
        entry === '*' || eventTypeName.safeParse(entry.endsWith('.*') ? entry.slice(0, -2) : entry).success,
      `${NAME_RULE}; or be "*", or end in ".*" for everything below a prefix`,
    ),
  'The name of an event type, `order.*` for everything below `order.`, or `*` for all.',
  'order.*',
);

const id = z.string().min(1).max(64);
export const workspaceId = described(id, 'The id of a workspace.', EXAMPLE.workspace_id);
export const hookId = described(id, 'The id of a hook.', EXAMPLE.hook_id);
export const eventId = described(id, 'The id of an event.', EXAMPLE.event_id);
export const deliveryId = described(id, 'The id of a delivery.', EXAMPLE.delivery_id);
export const keyId = described(id, 'The id of an API key.', EXAMPLE.key_id);
export const wireId = described(
  id,
  'The id under which receivers know the event, in whatever dialect: most often its own id, in some a UUID.',
  EXAMPLE.event_id,
);

export const label = described(
  z
    .string()
    .trim()
    .min(1)
    .max(128)
    .refine((text) => !/[\u0000-\u001f\u007f]/.test(text), 'must not have control characters'),
  'A name for people.',
  'Shop',
);

const isoTime = z.iso.datetime({ offset: true, error: 'must be a time like 2026-11-21T10:30:00Z' });
/** A field that holds a time. */
export const timeField = (description: string) => described(isoTime, description, EXAMPLE.time);

/** A time in milliseconds, of ISO 8601 text. */
export const toTime = (text: string): number => Date.parse(text);

/** The fields that ask for one page of a list. */
export const page = {
  limit: described(z.int().min(1).max(1000), 'How many to answer at most; 100 when absent.', 100).optional(),
  cursor: described(
    z.string().max(512),
    'The `next_cursor` of the page before; absent for the first page.',
    EXAMPLE.cursor,
  ).optional(),
};

/** The field that turns sending into counting. */
export const dryRun = described(z.boolean(), 'True counts and sends nothing.', true).optional();

export const sendInput = z
  .strictObject({
    type: eventTypeName,
    data: described(jsonObject, 'What happened. Receivers get it as it is.', EXAMPLE.data),
    previous_data: described(
      jsonObject.nullable(),
      'What the data was before, for dialects that send it.',
      null,
    ).optional(),
    occurred_at: timeField('When it happened; the moment of accepting when absent.').optional(),
    idempotency_key: described(
      z
        .string()
        .min(1)
        .max(256)
        .regex(/^[\x20-\x7e]+$/, 'must be visible ASCII'),
      'Visible ASCII. The same event under the same key is accepted once and answered twice; another event under it is refused. It lives as long as its event.',
      'order-1042-created',
    ).optional(),
    hook_ids: described(
      z.array(hookId).min(1).max(100),
      'Only these hooks get the event, as far as they are subscribed to it.',
      [EXAMPLE.hook_id],
    ).optional(),
  })
  .meta({ id: 'NewEvent', description: 'An event as it is sent in.' });

export const hookFields = {
  url: described(
    z.string().min(1).max(2048),
    'Where the events go: http or https, to a public address unless the server allows others.',
    EXAMPLE.url,
  ),
  events: described(
    z.array(subscription).min(1, 'must name at least one event type; ["*"] is all of them').max(500),
    'What the hook is subscribed to. `ping` and `Webhook Validate` always get through.',
    ['order.*'],
  ),
  name: label.optional(),
  method: described(z.enum(methods), 'The HTTP method of the requests; POST when absent.', 'POST').optional(),
  content_type: described(
    z.enum(contentTypes),
    'How the body is encoded; JSON when absent.',
    'application/json',
  ).optional(),
  active: described(
    z.boolean(),
    'False holds what is meant for the hook instead of sending it.',
    true,
  ).optional(),
  insecure_ssl: described(
    z.boolean(),
    'True accepts any certificate. Written to the audit log.',
    false,
  ).optional(),
  max_attempts: described(
    z.int().min(1).max(20).nullable(),
    'How often a delivery is tried; null is what the dialect has.',
    5,
  ).optional(),
  timeout_ms: described(
    z.int().min(100).max(60_000).nullable(),
    'How long one attempt may take, in milliseconds; null is what the dialect has.',
    10_000,
  ).optional(),
  headers: described(
    z.record(z.string().max(64), z.string().max(4096)),
    'More headers for every request, at most 32. Their values are kept encrypted and never shown again.',
    { 'X-Tenant': 'acme' },
  ).optional(),
};

export const secret = described(
  z.string().min(1).max(256),
  'The signing secret, in the form that the dialect wants. Made up when absent.',
  EXAMPLE.secret,
);
