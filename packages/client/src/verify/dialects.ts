/** How a dialect's signature is made. `plain`: the secret itself stands in the header. */
export type Scheme = 'standard' | 'stripe' | 'slack' | 'base64' | 'hex' | 'sha256=hex' | 'plain';

/** Where something stands: in a header (its name in lower case) or in a field of the JSON body. */
export type Place = { readonly header: string } | { readonly field: string };

/** What a receiver must know of a dialect. Spread a known one to describe your own: only the names differ. */
export interface ReceiverDialect {
  readonly scheme: Scheme;
  /** The header of the signature, in lower case. */
  readonly signature: string;
  /** The header of the time of signing, in seconds since 1970; null where it is not signed or stands elsewhere. */
  readonly timestamp: string | null;
  /** What tells a repetition. */
  readonly id: Place;
  readonly type: Place;
}

const standard: ReceiverDialect = {
  scheme: 'standard',
  signature: 'webhook-signature',
  timestamp: 'webhook-timestamp',
  id: { header: 'webhook-id' },
  type: { field: 'type' },
};

const overBody = (scheme: Scheme, signature: string): Omit<ReceiverDialect, 'id' | 'type'> => ({
  scheme,
  signature,
  timestamp: null,
});

/** The dialects that Bellwire speaks by itself. */
export const receiverDialects = {
  standard,
  svix: {
    ...standard,
    signature: 'svix-signature',
    timestamp: 'svix-timestamp',
    id: { header: 'svix-id' },
  },
  q2: {
    ...overBody('base64', 'x-q2-signature-256'),
    id: { header: 'x-q2-delivery' },
    type: { header: 'x-q2-event' },
  },
  'resource-api': {
    ...overBody('hex', 'x-webhook-signature'),
    id: { field: 'id' },
    type: { field: 'type' },
  },
  connect2print: {
    ...overBody('hex', 'x-webhook-signature'),
    id: { field: 'id' },
    type: { field: 'event' },
  },
  activities: { ...overBody('hex', 'x-signature'), id: { field: 'id' }, type: { field: 'event' } },
  casesolved: {
    ...overBody('plain', 'x-webhook-secret'),
    id: { header: 'webhook-id' },
    type: { field: 'event' },
  },
  github: {
    ...overBody('sha256=hex', 'x-hub-signature-256'),
    id: { header: 'x-github-delivery' },
    type: { header: 'x-github-event' },
  },
  stripe: { ...overBody('stripe', 'stripe-signature'), id: { field: 'id' }, type: { field: 'type' } },
  shopify: {
    ...overBody('base64', 'x-shopify-hmac-sha256'),
    id: { header: 'x-shopify-webhook-id' },
    type: { header: 'x-shopify-topic' },
  },
  slack: {
    scheme: 'slack',
    signature: 'x-slack-signature',
    timestamp: 'x-slack-request-timestamp',
    id: { header: 'webhook-id' },
    type: { field: 'type' },
  },
} as const satisfies Readonly<Record<string, ReceiverDialect>>;

export type DialectName = keyof typeof receiverDialects;
