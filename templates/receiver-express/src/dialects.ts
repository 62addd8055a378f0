import { type Answer, json, text } from './answer.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Where a value stands: in a header (lower case) or in a field of the body. */
export type Place = { readonly header: string } | { readonly field: string };

/** How a request proves that it comes from somebody who knows the secret. */
export interface Proof {
  readonly header: string;
  /** `secret`: the header is the secret itself. Else HMAC-SHA256, written like this. */
  readonly written: 'hex' | 'base64' | 'secret';
  /** What stands before a signature, like `sha256=`. */
  readonly prefix: string;
  /** What stands between signatures; null where there is only one. */
  readonly separator: string | null;
  /** What is signed in front of the body. */
  readonly before: (id: string, timestamp: string) => string;
}

export interface Dialect {
  readonly path: string;
  readonly methods: readonly string[];
  /** Whether the JSON may come in the field `payload` of a form. */
  readonly forms: boolean;
  readonly accepted: Answer;
  readonly refused: Answer;
  readonly id: Place;
  readonly type: Place;
  readonly data: (body: JsonObject) => unknown;
  /** Whether the field `previous_data` tells how things were before. */
  readonly previous_data: boolean;
  /** The header with the time of sending, `in_proof` where the signature carries it as `t=`, null where there is none. */
  readonly timestamp: { readonly header: string } | 'in_proof' | null;
  readonly proof: Proof;
  /** Whether `whsec_` and `whpk_` mean that the key follows in base64. Elsewhere a secret is its text. */
  readonly prefixed_secrets: boolean;
  /** The types that only ask whether somebody is there: answered, never handled. */
  readonly pings: readonly string[];
}

const EVERY_METHOD = ['POST', 'PUT', 'PATCH', 'DELETE'];

const wholeBody = (body: JsonObject): unknown => body;
const dataField = (body: JsonObject): unknown => body['data'];
const withoutHook = (body: JsonObject): unknown =>
  Object.fromEntries(Object.entries(body).filter(([key]) => key !== 'hook' && key !== 'hook_id'));
const objectInData = ({ data }: JsonObject): unknown =>
  typeof data === 'object' && data !== null && 'object' in data ? data.object : undefined;

const overBody = (header: string, written: 'hex' | 'base64', prefix = ''): Proof => ({
  header,
  written,
  prefix,
  separator: null,
  before: () => '',
});

const common = {
  path: '/webhook',
  methods: ['POST'],
  forms: false,
  accepted: json(200, { status: 'received' }),
  refused: json(401, { error: 'Invalid signature' }),
  data: wholeBody,
  previous_data: false,
  timestamp: null,
  prefixed_secrets: false,
  pings: ['ping'],
} as const;

const standard: Dialect = {
  ...common,
  methods: EVERY_METHOD,
  forms: true,
  id: { header: 'webhook-id' },
  type: { field: 'type' },
  data: dataField,
  timestamp: { header: 'webhook-timestamp' },
  proof: {
    header: 'webhook-signature',
    written: 'base64',
    prefix: 'v1,',
    separator: ' ',
    before: (id, timestamp) => `${id}.${timestamp}.`,
  },
  prefixed_secrets: true,
};

/** Every way in which events come, as data. The one of your sender is `WEBHOOK_DIALECT`. */
export const dialects = {
  standard,
  svix: {
    ...standard,
    methods: common.methods,
    forms: false,
    id: { header: 'svix-id' },
    data: wholeBody,
    timestamp: { header: 'svix-timestamp' },
    proof: { ...standard.proof, header: 'svix-signature' },
  },
  q2: {
    ...common,
    path: '/',
    accepted: text(200, ''),
    refused: text(401, 'Invalid signature'),
    id: { header: 'x-q2-delivery' },
    type: { header: 'x-q2-event' },
    data: withoutHook,
    proof: overBody('x-q2-signature-256', 'base64'),
    pings: ['Ping'],
  },
  'resource-api': {
    ...common,
    path: '/webhooks',
    id: { field: 'id' },
    type: { field: 'type' },
    data: dataField,
    previous_data: true,
    proof: overBody('x-webhook-signature', 'hex'),
  },
  connect2print: {
    ...common,
    path: '/webhooks',
    accepted: text(200, ''),
    refused: text(401, 'Invalid signature'),
    id: { field: 'id' },
    type: { field: 'event' },
    data: dataField,
    proof: overBody('x-webhook-signature', 'hex'),
  },
  activities: {
    ...common,
    path: '/',
    methods: EVERY_METHOD,
    forms: true,
    accepted: text(200, ''),
    refused: text(500, 'Could not verify the request signature.'),
    id: { field: 'id' },
    type: { field: 'event' },
    data: dataField,
    proof: overBody('x-signature', 'hex'),
  },
  casesolved: {
    ...common,
    accepted: text(200, 'OK'),
    refused: text(401, 'Unauthorized'),
    id: { header: 'webhook-id' },
    type: { field: 'event' },
    data: dataField,
    proof: { ...overBody('x-webhook-secret', 'hex'), written: 'secret' },
    pings: ['Webhook Validate', 'ping'],
  },
  github: {
    ...common,
    methods: EVERY_METHOD,
    forms: true,
    id: { header: 'x-github-delivery' },
    type: { header: 'x-github-event' },
    proof: overBody('x-hub-signature-256', 'hex', 'sha256='),
  },
  stripe: {
    ...common,
    id: { field: 'id' },
    type: { field: 'type' },
    data: objectInData,
    timestamp: 'in_proof',
    proof: {
      header: 'stripe-signature',
      written: 'hex',
      prefix: 'v1=',
      separator: ',',
      before: (_, timestamp) => `${timestamp}.`,
    },
  },
  shopify: {
    ...common,
    id: { header: 'x-shopify-webhook-id' },
    type: { header: 'x-shopify-topic' },
    proof: overBody('x-shopify-hmac-sha256', 'base64'),
  },
  slack: {
    ...common,
    id: { header: 'webhook-id' },
    type: { field: 'type' },
    timestamp: { header: 'x-slack-request-timestamp' },
    proof: {
      ...overBody('x-slack-signature', 'hex', 'v0='),
      before: (_, timestamp) => `v0:${timestamp}:`,
    },
  },
} as const satisfies Readonly<Record<string, Dialect>>;

export type DialectName = keyof typeof dialects;

export const dialectOf = (name: DialectName): Dialect => dialects[name];

export const isDialectName = (name: string): name is DialectName => Object.hasOwn(dialects, name);
