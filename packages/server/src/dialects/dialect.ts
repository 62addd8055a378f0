import type { Event } from '../core/event.ts';
import type { HookConfig } from '../core/hook.ts';
import type { JsonObject } from '../core/json.ts';
import type { RetryPolicy } from '../core/retry-schedule.ts';

export const methods = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof methods)[number];

export const contentTypes = ['application/json', 'application/x-www-form-urlencoded'] as const;
export type ContentType = (typeof contentTypes)[number];

/** What a dialect renders: one attempt of one delivery. */
export interface Rendering {
  readonly event: Event;
  readonly hook: HookConfig;
  readonly delivery_id: string;
  /** When this attempt is made, in milliseconds. */
  readonly sent_at: number;
}

/** What a dialect signs. */
export interface Signing {
  /** The value of the id header; empty in a dialect that has none. */
  readonly id: string;
  /** The value of the timestamp header; empty in a dialect that has none. */
  readonly timestamp: string;
  /** The very text that goes to the wire. Bytes only where the inbox judges a body that is no text. */
  readonly body: string | Uint8Array;
  /** The secrets that sign now, never empty; one, in a dialect that signs with `one`. */
  readonly secrets: readonly [string, ...string[]];
}

/**
 * The names of the headers that a dialect sends, by what they carry; one without a name is not sent. `secret` is
 * the secret itself, for receivers that compare it.
 */
export interface HeaderNames {
  readonly id?: string;
  readonly timestamp?: string;
  readonly event?: string;
  readonly hook?: string;
  readonly signature?: string;
  readonly secret?: string;
}

/** Which secrets a dialect's hooks have. */
export interface SecretRule {
  /** `always`: made up when absent, `null` refused. `unless_null`: made up when absent. `optional`: none when absent. */
  readonly presence: 'always' | 'unless_null' | 'optional';
  readonly make: (randomBytes: (size: number) => Uint8Array) => string;
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
  /** The body as a JSON value in the order of its keys; null when this event cannot be rendered. */
  readonly envelope: (rendering: Rendering) => JsonObject | null;
  readonly header_names: HeaderNames;
  /** The value of the id header; the event's id unless said otherwise. */
  readonly id: (rendering: Rendering) => string;
  /** The value of the timestamp header; whole seconds unless said otherwise. */
  readonly timestamp: (sent_at: number) => string;
  /** The value of the event header; the event's type unless said otherwise. */
  readonly event_name: (type: string) => string;
  /** The value of the signature header. Not called without a secret. */
  readonly sign: (signing: Signing) => string;
  /** `all`: every live secret signs. `one`: while a secret rotates the old one goes on, until its grace ends. */
  readonly signs_with: 'all' | 'one';
  /** What stands between the signatures of several secrets. Without meaning where `one` signs. */
  readonly signature_separator: string;
  /** Headers that are the same on every request. */
  readonly fixed_headers: Readonly<Record<string, string>>;
  /** In place of `Bellwire/<version>`. */
  readonly user_agent: string | null;
  /** What follows the content type in its header, like `; charset=utf-8`. */
  readonly content_type_suffix: string;
  readonly methods: readonly Method[];
  readonly content_types: readonly ContentType[];
  readonly https_only: boolean;
  readonly timeout_ms: number;
  readonly retry: RetryPolicy;
  readonly secret: SecretRule;
  /** `ping`: one is sent when a hook is made or changed. `validate`: a hook sends nothing before it was validated. */
  readonly handshake: 'none' | 'ping' | 'validate';
  /** The event type and the data of a ping. */
  readonly ping: { readonly data: JsonObject };
  /** The event types that a workspace of this dialect starts with. */
  readonly catalog: readonly CatalogEntry[];
  /** Another id under which the receivers know an event, made from its own; null where there is none. */
  readonly wire_id: ((event_id: string) => string) | null;
}
