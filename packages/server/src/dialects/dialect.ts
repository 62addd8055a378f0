import type { Event } from '../core/event.ts';
import type { HookConfig } from '../core/hook.ts';
import type { JsonObject } from '../core/json.ts';
import type { RetryPolicy } from '../core/retry-schedule.ts';

export const methods = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof methods)[number];

export const contentTypes = ['application/json', 'application/x-www-form-urlencoded'] as const;
// `*/*` is any media type, as the label of a JSON body.
export type ContentType = (typeof contentTypes)[number] | '*/*';

/** The input of a dialect's envelope and id: one attempt of one delivery. */
export interface Rendering {
  readonly event: Event;
  readonly hook: HookConfig;
  readonly delivery_id: string;
  /** The start of this attempt, in milliseconds. */
  readonly sent_at: number;
}

/** The input of a dialect's signature. */
export interface Signing {
  /** The value of the id header; empty if the dialect has none. */
  readonly id: string;
  /** The value of the timestamp header; empty if the dialect has none. */
  readonly timestamp: string;
  /** The exact text on the wire. Bytes only when the inbox verifies a body that is not text. */
  readonly body: string | Uint8Array;
  /** The secrets that sign now, never empty; exactly one if the dialect signs with `one`. */
  readonly secrets: readonly [string, ...string[]];
}

/** Header names by content; a header without a name is not sent. `secret` carries the secret itself. */
export interface HeaderNames {
  readonly id?: string;
  readonly timestamp?: string;
  readonly event?: string;
  readonly hook?: string;
  readonly signature?: string;
  readonly secret?: string;
}

/** The rules for the secrets of a dialect's hooks. */
export interface SecretRule {
  /** If absent, `always` and `unless_null` generate one, `optional` does not. `always` refuses `null`. */
  readonly presence: 'always' | 'unless_null' | 'optional';
  readonly make: (randomBytes: (size: number) => Uint8Array) => string;
  /** A message for people if a given secret cannot be used; null if it can. */
  readonly refuse: (secret: string) => string | null;
}

export interface CatalogEntry {
  readonly name: string;
  readonly description: string;
  readonly schema?: JsonObject;
  readonly example?: JsonObject;
  /** The data before the change that `example` shows, for dialects that send it. */
  readonly previous_example?: JsonObject;
}

/** The wire format of events for one family of receivers: data and small pure functions. */
export interface Dialect {
  readonly name: string;
  /** The body as a JSON value, keys in wire order; null if this event cannot be rendered. */
  readonly envelope: (rendering: Rendering) => JsonObject | null;
  readonly header_names: HeaderNames;
  /** The value of the id header; by default the event's id. */
  readonly id: (rendering: Rendering) => string;
  /** The value of the timestamp header; by default whole seconds. */
  readonly timestamp: (sent_at: number) => string;
  /** The value of the event header; by default the event's type. */
  readonly event_name: (type: string) => string;
  /** The value of the signature header. Not called without a secret. */
  readonly sign: (signing: Signing) => string;
  /** `all`: every live secret signs. `one`: during a rotation only the old one signs, until its grace period ends. */
  readonly signs_with: 'all' | 'one';
  /** Separates the signatures of several secrets. Unused with `signs_with: 'one'`. */
  readonly signature_separator: string;
  /** Headers that are the same on every request. */
  readonly fixed_headers: Readonly<Record<string, string>>;
  /** Replaces `Bellwire/<version>`. */
  readonly user_agent: string | null;
  /** Appended to the content type in its header, such as `; charset=utf-8`. */
  readonly content_type_suffix: string;
  readonly methods: readonly Method[];
  /** The content types that a hook can use. */
  readonly content_types: readonly ContentType[];
  readonly https_only: boolean;
  readonly timeout_ms: number;
  readonly retry: RetryPolicy;
  readonly secret: SecretRule;
  /** `ping`: sent when a hook is created or changed. `validate`: a hook receives nothing until it is validated. */
  readonly handshake: 'none' | 'ping' | 'validate';
  /** The data of a ping. */
  readonly ping: { readonly data: JsonObject };
  /** The event types that a workspace of this dialect starts with. */
  readonly catalog: readonly CatalogEntry[];
  /** Derives the id that receivers see from the event's id; null if they see the event's id. */
  readonly wire_id: ((event_id: string) => string) | null;
}
