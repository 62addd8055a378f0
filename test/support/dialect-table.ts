/** The documented behavior of a dialect, independent of its code. */
export interface DialectRow {
  readonly dialect: string;
  /** In addition to user-agent, content-type, accept-encoding, host, connection and content-length; case-sensitive. */
  readonly headers: Readonly<Record<string, RegExp>>;
  /** The header that depends on the secret. */
  readonly signature: string;
  readonly user_agent: RegExp;
  readonly content_type: string;
  /** The JSON body of an event, with its keys in order. */
  readonly body: (sent: Facts) => object;
  /** The data of a ping. */
  readonly ping_data: object;
  readonly generated_secret: RegExp | null;
  /** The fields of a new hook without a secret; null if every hook has one. */
  readonly without_secret: { readonly secret?: null } | null;
  readonly timeout_ms: number;
  /** From the previous failure. */
  readonly delays_ms: readonly number[];
  readonly after_exhaustion: 'active' | 'disabled';
  /** Whether PUT, PATCH, DELETE and forms are allowed. */
  readonly any_method: boolean;
  readonly catalog: readonly string[];
}

/** The values that a body can contain. */
interface Facts {
  readonly event_id: string;
  readonly type: string;
  readonly data: object;
  readonly previous_data: object | null;
  readonly occurred_at: string;
  /** The hook in a q2 body. */
  readonly hook: { readonly id: number };
  readonly wire_id: string;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const standardDelays = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];
const fiveAttempts = [0, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR];

const HEX = /^[0-9a-f]{64}$/;
const BASE64 = /^[A-Za-z0-9+/]{43}=$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const EVENT_ID = /^evt_[0-9a-hjkmnp-tv-z]{26}$/;
const UNIX_SECONDS = /^\d{10}$/;
const TYPE = /^order\.created$/;
const STANDARD_SIGNATURE = /^v1,[A-Za-z0-9+/]{43}=$/;
const SECRET_HEX = /^[0-9a-f]{40}$/;
const SECRET_WHSEC = /^whsec_[A-Za-z0-9+/]{43}=$/;

const inSeconds = (time: string): string => time.replace(/\.\d{3}Z$/, 'Z');

/** The default values of a row. */
const common = {
  user_agent: /^Bellwire\/\d+\.\d+\.\d+/,
  content_type: 'application/json',
  ping_data: {},
  without_secret: { secret: null },
  generated_secret: SECRET_HEX,
  delays_ms: standardDelays,
  after_exhaustion: 'active',
  any_method: false,
  catalog: [],
} as const;

const bare = { body: ({ data }: Facts) => data };

export const dialectTable: readonly DialectRow[] = [
  {
    ...common,
    dialect: 'standard',
    headers: {
      'webhook-id': EVENT_ID,
      'webhook-timestamp': UNIX_SECONDS,
      'webhook-signature': STANDARD_SIGNATURE,
    },
    signature: 'webhook-signature',
    body: ({ type, occurred_at, data }) => ({ type, timestamp: occurred_at, data }),
    generated_secret: SECRET_WHSEC,
    without_secret: null,
    timeout_ms: 15_000,
    any_method: true,
  },
  {
    ...common,
    dialect: 'q2',
    headers: {
      Accept: /^\*\/\*$/,
      'X-Q2-Delivery': UUID,
      'X-Q2-Event': TYPE,
      'X-Q2-Signature-256': BASE64,
    },
    signature: 'X-Q2-Signature-256',
    user_agent: /^Q2-WebHooks\/1\.0\.0$/,
    content_type: 'application/json; charset=utf-8',
    body: ({ hook, data }) => ({ hook_id: hook.id, hook, ...data }),
    ping_data: { ping: { description: 'This is a ping event.' } },
    timeout_ms: 10_000,
    catalog: ['app-order-created', 'ping'],
  },
  {
    ...common,
    dialect: 'resource-api',
    headers: { 'X-Webhook-Signature': HEX },
    signature: 'X-Webhook-Signature',
    body: ({ event_id, type, occurred_at, data, previous_data }) => ({
      id: event_id,
      type,
      created_at: inSeconds(occurred_at),
      data,
      previous_data,
    }),
    ping_data: { object: {} },
    timeout_ms: 5_000,
    delays_ms: fiveAttempts,
    after_exhaustion: 'disabled',
    catalog: [
      'resource.created',
      'resource.updated',
      'resource.deleted',
      'user.created',
      'user.updated',
      'payment.succeeded',
      'payment.failed',
    ],
  },
  {
    ...common,
    dialect: 'connect2print',
    headers: { 'X-Webhook-Signature': HEX },
    signature: 'X-Webhook-Signature',
    body: ({ wire_id, type, occurred_at, data }) => ({
      id: wire_id,
      event: type,
      timestamp: inSeconds(occurred_at),
      data,
    }),
    without_secret: null,
    timeout_ms: 10_000,
    delays_ms: fiveAttempts,
    catalog: [
      'order.created',
      'order.updated',
      'order.completed',
      'order.cancelled',
      'order.shipped',
      'invoice.created',
      'invoice.sent',
      'invoice.paid',
      'quote.created',
      'quote.accepted',
      'quote.rejected',
      'production.job.created',
      'production.job.completed',
      'customer.created',
      'shipment.delivered',
      'stock.low',
    ],
  },
  {
    ...common,
    dialect: 'activities',
    headers: { 'X-Signature': HEX },
    signature: 'X-Signature',
    body: ({ event_id, type, occurred_at, data }) => ({
      id: event_id,
      event: type,
      timestamp: inSeconds(occurred_at),
      data,
    }),
    generated_secret: null,
    without_secret: {},
    timeout_ms: 15_000,
    any_method: true,
    catalog: ['activity.created', 'activity.updated', 'activity.deleted'],
  },
  {
    ...common,
    dialect: 'casesolved',
    headers: { 'webhook-id': EVENT_ID, 'X-Webhook-Secret': /^super-secret-key-of-the-table$/ },
    signature: 'X-Webhook-Secret',
    body: ({ type, data }) => ({ event: type, data }),
    generated_secret: null,
    without_secret: {},
    timeout_ms: 10_000,
    delays_ms: fiveAttempts,
    catalog: ['Site Plan Change'],
  },
  {
    ...common,
    ...bare,
    dialect: 'github',
    headers: {
      'X-GitHub-Delivery': UUID,
      'X-GitHub-Event': TYPE,
      'X-GitHub-Hook-ID': /^\d+$/,
      'X-Hub-Signature-256': /^sha256=[0-9a-f]{64}$/,
    },
    signature: 'X-Hub-Signature-256',
    ping_data: { zen: 'Keep it logically awesome.' },
    timeout_ms: 10_000,
    any_method: true,
  },
  {
    ...common,
    dialect: 'stripe',
    headers: { 'Stripe-Signature': /^t=\d{10},v1=[0-9a-f]{64}$/ },
    signature: 'Stripe-Signature',
    body: ({ event_id, type, occurred_at, data, previous_data }) => ({
      id: event_id,
      object: 'event',
      type,
      created: Math.floor(Date.parse(occurred_at) / 1000),
      livemode: true,
      data: { object: data, ...(previous_data === null ? {} : { previous_attributes: previous_data }) },
    }),
    timeout_ms: 15_000,
  },
  {
    ...common,
    ...bare,
    dialect: 'shopify',
    headers: { 'X-Shopify-Webhook-Id': UUID, 'X-Shopify-Topic': TYPE, 'X-Shopify-Hmac-Sha256': BASE64 },
    signature: 'X-Shopify-Hmac-Sha256',
    timeout_ms: 5_000,
  },
  {
    ...common,
    ...bare,
    dialect: 'slack',
    headers: {
      'webhook-id': EVENT_ID,
      'X-Slack-Request-Timestamp': UNIX_SECONDS,
      'X-Slack-Signature': /^v0=[0-9a-f]{64}$/,
    },
    signature: 'X-Slack-Signature',
    timeout_ms: 3_000,
  },
  {
    ...common,
    ...bare,
    dialect: 'svix',
    headers: { 'svix-id': EVENT_ID, 'svix-timestamp': UNIX_SECONDS, 'svix-signature': STANDARD_SIGNATURE },
    signature: 'svix-signature',
    generated_secret: SECRET_WHSEC,
    without_secret: null,
    timeout_ms: 15_000,
  },
];
