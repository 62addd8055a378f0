import { z } from 'zod';
import { FILTER_BYTES_MAX } from '../core/filter/parse-filter.ts';
import { parseDuration } from '../core/durations.ts';
import { EVENTS_PER_SECOND_MAX } from '../core/limits.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { isOrderPath } from '../core/order.ts';
import { ratePeriods } from '../core/rate-limit.ts';
import { isMediaType, MAX_MEDIA_TYPE_LENGTH } from '../core/media-type.ts';
import { MAX_ATTEMPTS } from '../core/retry-schedule.ts';
import { methods } from '../dialects/dialect.ts';
import { EXAMPLE } from './examples.ts';
import { MAX_HOOK_IDS } from './hook-numbers.ts';

/** Adds a description and an example value for the documentation. */
export const described = <T extends z.ZodType>(schema: T, description: string, example: unknown): T =>
  schema.meta({ description, examples: [example] });

/** A JSON object, passed through without a copy so that no key is dropped or changed. */
export const jsonObject = z
  .custom<JsonObject>(isJsonObject, { error: 'must be a JSON object' })
  .meta({ type: 'object', additionalProperties: true, examples: [{}] });

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9 ._-]*[A-Za-z0-9])?$/;
const NAME_RULE =
  'must start and end with a letter or digit and contain only letters, digits, dots, dashes, underscores and spaces';

/** `order.created`, `app-order-created`, `Site Plan Change`. */
export const eventTypeName = described(
  z
    .string()
    .max(128)
    .regex(NAME, NAME_RULE)
    .refine((name) => !name.includes('..'), 'must not contain two consecutive dots'),
  'The name of an event type: letters, digits, dots, dashes, underscores and spaces, without consecutive dots.',
  EXAMPLE.event_type,
);

/** An entry of a hook's `events`: a name, `order.*` for all names that start with `order.`, or `*`. */
export const subscription = described(
  z
    .string()
    .max(130)
    .refine(
      (entry) =>
        entry === '*' || eventTypeName.safeParse(entry.endsWith('.*') ? entry.slice(0, -2) : entry).success,
      `${NAME_RULE}; or be "*", or end in ".*" to match a prefix`,
    ),
  'The name of an event type, `order.*` for all names that start with `order.`, or `*` for all event types but operational ones, which begin with `bellwire.`.',
  'order.*',
);

const id = z.string().min(1).max(64);
export const workspaceId = described(id, 'The id of a workspace.', EXAMPLE.workspace_id);
/** `toHookIds` has replaced numbers by ids, or by their text, before an input is parsed. */
export const hookId = id.clone().meta({
  type: ['string', 'integer'],
  description: 'The id of a hook, or its `number`.',
  examples: [EXAMPLE.hook_id],
}) as unknown as z.ZodType<string, string | number>;
export const eventId = described(id, 'The id of an event.', EXAMPLE.event_id);
export const deliveryId = described(id, 'The id of a delivery.', EXAMPLE.delivery_id);
export const erasureId = described(id, 'The id of an erasure.', EXAMPLE.erasure_id);
export const recoveryId = described(id, 'The id of a recovery.', EXAMPLE.recovery_id);
export const keyId = described(id, 'The id of an API key.', EXAMPLE.key_id);
export const wireId = described(
  id,
  'The event id that receivers see. In most dialects it is the id of the event, in some a UUID.',
  EXAMPLE.event_id,
);

/** Your own id of a customer. */
export const tenantId = described(
  z
    .string()
    .min(1)
    .max(128)
    .regex(/^[^\s\p{C}]+$/u, 'must be visible characters without spaces')
    .refine((text) => text !== '*', 'must not be *'),
  'Your own id of a customer: 1 to 128 visible characters, not `*`.',
  EXAMPLE.tenant,
);

type TextMap = Record<string, string>;

interface MapRules {
  readonly keys: number;
  readonly characters: number;
  readonly description: string;
  readonly example: TextMap;
}

/** A map of text to text. zod drops the key `__proto__`; here it is an issue. */
const textMap = ({ keys, characters, description, example }: MapRules) =>
  z.preprocess(
    (value, context) => {
      if (isJsonObject(value) && Object.hasOwn(value, '__proto__'))
        context.addIssue({ code: 'custom', message: 'must not have the key __proto__' });
      return value;
    },
    described(
      z
        .record(z.string().min(1).max(64), z.string().max(characters))
        .refine((map) => Object.keys(map).length <= keys, `must have ${keys} keys at most`),
      description,
      example,
    ),
  ) as unknown as z.ZodType<TextMap, TextMap>;

export const metadata = textMap({
  keys: 20,
  characters: 1024,
  description: 'Your own data: a map of text to text, 20 keys at most.',
  example: EXAMPLE.metadata,
});

export const eventMetadata = textMap({
  keys: 5,
  characters: 256,
  description:
    'Your own data to find the event by: a map of text to text, 5 keys at most. Not sent to receivers.',
  example: EXAMPLE.event_metadata,
});

export const idempotencyKey = described(
  z
    .string()
    .min(1)
    .max(256)
    .regex(/^[\x20-\x7e]+$/, 'must be visible ASCII'),
  'Visible ASCII. Sending the same event again with the same key returns the original response; a different event with the same key is refused. A key is kept as long as its event.',
  'order-1042-created',
);

/** The idempotency key of a creation. */
export const creationKey = (description: string) =>
  described(idempotencyKey.clone(), description, 'cus-42-orders').optional();

export const eventsPerSecond = described(
  z.int().min(1).max(EVENTS_PER_SECOND_MAX).nullable(),
  'Maximum rate at which events are accepted, counted per event; null for no limit. More get 429 with `Retry-After`.',
  100,
);

export const label = described(
  z
    .string()
    .trim()
    .min(1)
    .max(128)
    .refine((text) => !/[\u0000-\u001f\u007f]/.test(text), 'must not contain control characters'),
  'A display name.',
  'Shop',
);

const MEDIA_TYPE_RULE = `must be a media type of ${MAX_MEDIA_TYPE_LENGTH} characters at most, such as application/json or text/plain; charset=utf-8`;

/** Free text for people. */
const hookDescription = described(
  z.string().max(1000),
  'A description for people: 1000 characters at most.',
  'Orders for the accounting system',
);

const isoTime = z.iso.datetime({ offset: true, error: 'must be a time like 2026-11-21T10:30:00Z' });
/** A field that holds a time. */
export const timeField = (description: string, example: string = EXAMPLE.time) =>
  described(isoTime, description, example);

/** Converts ISO 8601 text to milliseconds. */
export const toTime = (text: string): number => Date.parse(text);

/** The paging fields of a list. */
export const page = {
  limit: described(z.int().min(1).max(1000), 'Maximum number of items. Default: 100.', 100).optional(),
  cursor: described(
    z.string().max(512),
    'The `next_cursor` of the previous page. Omit it for the first page.',
    EXAMPLE.cursor,
  ).optional(),
};

/** The field that requests a count instead of sending. */
export const dryRun = described(
  z.boolean(),
  'If true, matching items are only counted and nothing is sent.',
  true,
).optional();

export const sendInput = z
  .strictObject({
    type: eventTypeName,
    data: described(jsonObject, 'The event data. Receivers get it unchanged.', EXAMPLE.data),
    previous_data: described(
      jsonObject.nullable(),
      'The data before the change, for dialects that send it.',
      null,
    ).optional(),
    tenant: tenantId.optional(),
    occurred_at: timeField('When the event happened. Default: the time of acceptance.').optional(),
    deliver_at: timeField(
      'Delays the event until this time, at most 30 days and within the retention of the server. A past time sends it at once.',
    ).optional(),
    idempotency_key: idempotencyKey.optional(),
    metadata: eventMetadata.optional(),
    hook_ids: described(
      z.array(hookId).min(1).max(MAX_HOOK_IDS),
      'Restricts the event to these hooks, provided they are subscribed to it.',
      [EXAMPLE.hook_id],
    ).optional(),
  })
  .meta({ id: 'NewEvent', description: 'An event to send.' });

const ORDER_PATH_RULE = 'must be a dotted path into the data of events, like order.id';

/** Its length in bytes and its grammar are checked with the hook. */
export const filterText = described(
  z.string().max(FILTER_BYTES_MAX),
  'A filter of events by their content: 1024 bytes and 50 operators at most.',
  'order.total >= 100',
);

const MAX_DELAY_MS = 30 * 86_400_000;
const DELAY_RULE = 'must be a duration such as 500ms, 30s, 5m, 2h or 1d, at most 30d';
const AT_ONCE_RULE = 'must begin with 0s: the first attempt is immediate';

const isDelay = (text: string): boolean => (parseDuration(text) ?? Number.NaN) <= MAX_DELAY_MS;

/** An invalid delay has its own issue. */
const startsAtOnce = ([first = '']: readonly string[]): boolean => (parseDuration(first) ?? 0) === 0;

const delay = z
  .string()
  .max(12, DELAY_RULE)
  .refine(isDelay, DELAY_RULE)
  .meta({ examples: ['5m'] });

export const hookFields = {
  url: described(
    z.string().min(1).max(2048),
    'The URL of the receiver: http or https, with a public address unless the server allows others.',
    EXAMPLE.url,
  ),
  events: described(
    z.array(subscription).min(1, 'must contain at least one event type; use ["*"] for all').max(500),
    'The event types that the hook is subscribed to. `ping` and `Webhook Validate` are always sent. `bellwire.*` subscribes a hook without a tenant to operational events of Bellwire, which `*` does not include.',
    ['order.*'],
  ),
  filter: described(
    filterText.nullable(),
    'Which events of these types the hook gets, such as `order.total >= 100 and order.status in ("paid", "open")`. Null, the default, lets every event pass.',
    'order.total >= 100',
  ).optional(),
  name: label.optional(),
  description: hookDescription.optional(),
  metadata: metadata.optional(),
  method: described(z.enum(methods), 'The HTTP method of the requests. Default: POST.', 'POST').optional(),
  content_type: described(
    z.string(MEDIA_TYPE_RULE).refine(isMediaType, MEDIA_TYPE_RULE).meta({ maxLength: MAX_MEDIA_TYPE_LENGTH }),
    'The content type of the body: `application/json` (the default), `application/x-www-form-urlencoded`, or another media type where the dialect allows it.',
    'application/json',
  ).optional(),
  ordered: described(
    z.boolean(),
    'If true, deliveries are sent one at a time in the order in which their events were accepted: a failed one blocks those behind it. Default: false.',
    true,
  ).optional(),
  order_key: described(
    z.string(ORDER_PATH_RULE).max(256).refine(isOrderPath, ORDER_PATH_RULE).nullable(),
    'With `ordered`: a dotted path into the data of events, such as `order.id`. The order is kept only among events with the same value. Null keeps one order for the whole hook.',
    'order.id',
  ).optional(),
  active: described(
    z.boolean(),
    'If false, deliveries for the hook are held instead of sent.',
    true,
  ).optional(),
  insecure_ssl: described(
    z.boolean(),
    'If true, TLS certificates are not verified. Audited.',
    false,
  ).optional(),
  max_attempts: described(
    z.int().min(1).max(MAX_ATTEMPTS).nullable(),
    'Maximum number of attempts for each delivery: it cuts the retry schedule, or extends it by repeating the last delay. Null uses the length of the schedule.',
    5,
  ).optional(),
  retry_schedule: described(
    z.array(delay).min(1).max(MAX_ATTEMPTS).refine(startsAtOnce, AT_ONCE_RULE).nullable(),
    'The delay before each attempt, counted from the preceding failure, as durations such as `30s`, `5m` or `2h`. The first is `0s`. Each later one is lengthened by a random part, see `attempt_delays`. Null uses the schedule of the server’s `BELLWIRE_RETRY_SCHEDULE`, or else that of the dialect.',
    EXAMPLE.retry_schedule,
  ).optional(),
  timeout_ms: described(
    z.int().min(100).max(60_000).nullable(),
    'Timeout of each attempt in milliseconds, from the resolution of the host name to the end of the response. Null uses the server’s `BELLWIRE_ATTEMPT_TIMEOUT`, or else the default of the dialect.',
    10_000,
  ).optional(),
  rate_limit: described(
    z.strictObject({ count: z.int().min(1).max(10_000), per: z.enum(ratePeriods) }).nullable(),
    'Maximum rate at which the hook receives deliveries, evenly spaced: `count` per `second`, `minute`, `hour` or `day`. Further deliveries wait. Tests, pings and manual retries are not limited. Null for no limit.',
    { count: 10, per: 'second' },
  ).optional(),
  headers: described(
    z.record(z.string().max(64), z.string().max(4096)),
    'Custom headers sent with every request (max 32). Values are stored encrypted and never returned.',
    { 'X-Tenant': 'acme' },
  ).optional(),
  client_certificate: described(
    z
      .strictObject({
        certificate: described(
          z.string().max(32_768),
          'The certificate in PEM, followed by those that issued it, if the receiver needs them.',
          '-----BEGIN CERTIFICATE-----…',
        ),
        key: described(
          z.string().max(16_384),
          'Its private key in PEM, not encrypted.',
          '-----BEGIN PRIVATE KEY-----…',
        ),
      })
      .nullable(),
    'The client certificate for receivers that require one (mutual TLS). It is stored encrypted, and the key is never returned. Null removes it.',
    null,
  ).optional(),
};

export const secret = described(
  z.string().min(1).max(256),
  'The signing secret, in the format of the dialect. Generated when absent.',
  EXAMPLE.secret,
);
