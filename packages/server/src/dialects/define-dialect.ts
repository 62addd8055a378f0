import type { Event } from '../core/event.ts';
import type { Hook } from '../core/hook.ts';
import type { JsonObject } from '../core/json.ts';
import { DISABLE_WHEN_FAILING, type RetryPolicy, STANDARD_DELAYS_MS } from '../core/retry-schedule.ts';

export const methods = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof methods)[number];

export const contentTypes = ['application/json', 'application/x-www-form-urlencoded'] as const;
export type ContentType = (typeof contentTypes)[number];

/** What a dialect renders: one attempt of one delivery. */
export interface Rendering {
  readonly event: Event;
  readonly hook: Hook;
  readonly delivery_id: string;
  /** When this attempt is made, in milliseconds. */
  readonly sent_at: number;
}

/** What a dialect signs: the very text that goes to the wire. */
export interface Signing {
  readonly event_id: string;
  /** When this attempt is made, in milliseconds. */
  readonly sent_at: number;
  readonly body: string;
  /** Every live secret, the current one first. Never empty. */
  readonly secrets: readonly [string, ...string[]];
}

/** A header whose value is a secret itself: sent as it is, recorded as its length only. */
export interface SecretHeader {
  readonly name: string;
  readonly value: string;
}

/** Which secrets a dialect's hooks have. */
export interface SecretRule {
  /** `always`: made up when absent, `null` refused. `unless_null`: made up when absent. `optional`: none when absent. */
  readonly presence: 'always' | 'unless_null' | 'optional';
  readonly make: () => string;
  /** Why a given secret cannot be used, for a person; null when it can. */
  readonly refuse: (secret: string) => string | null;
}

export interface CatalogEntry {
  readonly name: string;
  readonly description: string;
  readonly schema?: JsonObject;
  readonly example?: JsonObject;
}

/** How events look on the wire for one family of receivers: data and small pure functions. */
export interface Dialect {
  readonly name: string;
  readonly methods: readonly Method[];
  readonly content_types: readonly ContentType[];
  readonly timeout_ms: number;
  readonly retry: RetryPolicy;
  readonly secret: SecretRule;
  readonly catalog: readonly CatalogEntry[];
  /** What a ping carries. */
  readonly ping_data: JsonObject;
  /** The body as a JSON value in the order of its keys; null when this event cannot be rendered. */
  readonly envelope: (rendering: Rendering) => JsonObject | null;
  /** Headers beside the signature. Names as they are to be sent. */
  readonly headers: (rendering: Rendering) => Readonly<Record<string, string>>;
  /** Signature headers; not called for a hook without a secret. */
  readonly sign: (signing: Signing) => Readonly<Record<string, string>>;
  /** What `sign` was given, read back from the headers of a request (names in lower case); null when they lack it. */
  readonly identify: (
    headers: Readonly<Record<string, string>>,
  ) => Pick<Signing, 'event_id' | 'sent_at'> | null;
  /** The header that carries the secret itself, where receivers compare it instead of a signature. */
  readonly secret_header: string | null;
}

export type DialectDefinition = Pick<Dialect, 'name' | 'envelope' | 'headers' | 'sign' | 'secret'> &
  Partial<Dialect>;

/** Makes a dialect of its differences: whatever is left open behaves as in `standard`. */
export const defineDialect = (definition: DialectDefinition): Dialect =>
  Object.freeze({
    methods,
    content_types: contentTypes,
    timeout_ms: 15_000,
    retry: { delays_ms: STANDARD_DELAYS_MS, disable: DISABLE_WHEN_FAILING },
    catalog: [],
    ping_data: {},
    secret_header: null,
    identify: () => ({ event_id: '', sent_at: 0 }),
    ...definition,
  });
