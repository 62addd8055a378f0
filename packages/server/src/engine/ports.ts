import type { Delivery, DeliveryStatus } from '../core/delivery.ts';
import type { Issue } from '../core/errors.ts';
import type { Event, Trigger } from '../core/event.ts';
import type { DisabledReason, SendableHook } from '../core/hook.ts';
import type { JsonObject } from '../core/json.ts';
import type { Outcome } from '../core/outcome.ts';
import type { RetryPolicy } from '../core/retry-schedule.ts';

/** Wall and monotonic time, and the only way the engine waits. */
export interface Clock {
  /** Integer milliseconds since 1970. May jump. */
  readonly now: () => number;
  /** Milliseconds from an arbitrary start. Never jumps. */
  readonly monotonic: () => number;
  /** Runs `work` once after `delay_ms`; the returned function cancels it. Keeps the process alive no longer than the work needs. */
  readonly after: (delay_ms: number, work: () => void) => () => void;
  /** Runs `work` at the end of this turn of the event loop. */
  readonly soon: (work: () => void) => void;
}

export interface Random {
  /** `size` unpredictable bytes. */
  readonly bytes: (size: number) => Uint8Array;
  /** A number in [0, 1). Not for secrets. */
  readonly roll: () => number;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log lines. Callers never pass bodies, secrets, header values or query strings. */
export interface Log {
  readonly debug: (message: string, fields?: LogFields) => void;
  readonly info: (message: string, fields?: LogFields) => void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, fields?: LogFields) => void;
}

/** One request as it goes to the wire: plain data, so that it can cross to another thread. */
export interface OutboundRequest {
  /** The attempt's id. */
  readonly id: string;
  readonly url: string;
  readonly method: string;
  /** Everything but `host`, `content-length` and `connection`, in the order in which it is sent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** One deadline over name lookup, connect, TLS, headers and body. */
  readonly timeout_ms: number;
  /** Skip certificate checks for this request. */
  readonly insecure_ssl: boolean;
}

/** Milliseconds that each phase took; null where it did not happen (a reused connection has no dns, connect and tls). */
export interface AttemptTimings {
  readonly dns_ms: number | null;
  readonly connect_ms: number | null;
  readonly tls_ms: number | null;
  /** From the start of the attempt to the first byte of the answer. */
  readonly first_byte_ms: number | null;
  readonly total_ms: number;
}

export interface CapturedResponse {
  readonly status: number;
  /** As they came, names in lower case; repeated ones joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** At most 16 KiB of the body, as UTF-8 with replacement characters where it is none. */
  readonly body: string;
  /** True when the receiver sent (or announced) more than `body` holds. */
  readonly body_truncated: boolean;
}

export interface SendResult {
  /** The id of the request. */
  readonly id: string;
  readonly outcome: Outcome;
  /** Null unless complete headers arrived. */
  readonly response: CapturedResponse | null;
  readonly timings: AttemptTimings;
  /** The address that the connection went to; null when none was made. */
  readonly remote_address: string | null;
  readonly reused_connection: boolean;
}

/** Sends batches of requests. Plain data in, plain data out. */
export interface Transport {
  /**
   * Starts every request of the batch. Each request's id comes back in exactly one result, handed to the
   * `onResults` that the transport was made with, within the request's `timeout_ms` (+ 250 ms).
   */
  readonly send: (batch: readonly OutboundRequest[]) => void;
  /** Ends idle connections. Requests under way still end with a result. */
  readonly close: () => Promise<void>;
}

export type UrlRefusal =
  | 'url_malformed'
  | 'url_scheme'
  | 'url_credentials'
  | 'url_fragment'
  | 'url_port'
  | 'url_host'
  | 'url_address';

export type UrlVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly refusal: UrlRefusal; readonly message: string };

/** Judges a URL when it is saved. Names are not resolved here; the connector judges the addresses at every connect. */
export interface UrlPolicy {
  readonly judge: (url: string) => UrlVerdict;
}

/** An event that asks to be stored together with its deliveries. */
export interface NewEvent extends Event {
  readonly idempotency_key: string | null;
  /** What the idempotency key stands for; equal for equal requests. Null without a key. */
  readonly fingerprint: string | null;
  /** The only hooks that may get it; null for every subscribed one. */
  readonly hook_ids: readonly string[] | null;
  /** Other than `scheduled`: goes to exactly `hook_ids`, whatever their state and subscriptions, once. */
  readonly trigger: Exclude<Trigger, 'manual'>;
}

/** What the sender of an event is told. */
export interface EventReceipt {
  readonly id: string;
  readonly type: string;
  readonly occurred_at: number;
  readonly created_at: number;
  readonly idempotency_key: string | null;
  /** How many hooks it goes to. */
  readonly deliveries: number;
}

/** A delivery that is ours to send until `lease_until`. */
export interface LeasedDelivery {
  readonly delivery: Delivery;
  readonly event: Event;
  /** The fencing token: only its holder can settle the delivery. */
  readonly lease_token: number;
  readonly lease_until: number;
}

export type AcceptResult =
  | { readonly kind: 'accepted'; readonly receipt: EventReceipt; readonly leased: readonly LeasedDelivery[] }
  /** The idempotency key was used before for the same request: nothing was stored. */
  | { readonly kind: 'repeated'; readonly receipt: EventReceipt }
  /** The idempotency key was used before for another request: nothing was stored. */
  | { readonly kind: 'conflict'; readonly event_id: string }
  | { readonly kind: 'unknown_hook'; readonly hook_id: string };

/** Everything about one attempt, written once and never changed. */
export interface AttemptRecord {
  readonly id: string;
  readonly started_at: number;
  readonly outcome: Outcome;
  readonly request: RecordedRequest | null;
  readonly response: CapturedResponse | null;
  readonly timings: AttemptTimings | null;
  readonly reused_connection: boolean;
}

/** A header value, or only its length where the value is a secret. */
export type RecordedHeader = string | { readonly secret_length: number };

export interface RecordedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, RecordedHeader>>;
  readonly body: string;
}

/** How a lease ends. */
export type Settlement =
  | {
      readonly kind: 'attempted';
      readonly delivery: Delivery;
      readonly lease_token: number;
      readonly attempt: AttemptRecord;
      readonly policy: RetryPolicy;
      readonly retry_after_ms: number | null;
      readonly roll: number;
    }
  /** Given back unsent: due again at once, or held or canceled where its hook has changed. */
  | { readonly kind: 'returned'; readonly delivery: Delivery; readonly lease_token: number }
  /** The dialect cannot render this event: it fails without an attempt. */
  | { readonly kind: 'unrenderable'; readonly delivery: Delivery; readonly lease_token: number };

/** `stale`: the lease was no longer ours, and nothing was written. */
export type SettleResult =
  | {
      readonly kind: 'settled';
      readonly status: DeliveryStatus;
      readonly next_attempt_at: number | null;
      /** Set when the attempt made us disable the hook. */
      readonly disabled: DisabledReason | null;
    }
  | { readonly kind: 'stale' };

/** What one turn of the event loop writes in one transaction. */
export interface Turn {
  readonly now: number;
  readonly lease_until: number;
  readonly events: readonly NewEvent[];
  readonly settlements: readonly Settlement[];
  /** Hooks that can take nothing more at the moment: their new deliveries wait in the store instead of being leased. */
  readonly full_hooks: ReadonlySet<string>;
}

export interface TurnResult {
  /** In the order of the events. */
  readonly accepted: readonly AcceptResult[];
  /** In the order of the settlements. */
  readonly settled: readonly SettleResult[];
}

export interface DueHook {
  readonly hook_id: string;
  readonly workspace_id: string;
}

export interface CatalogType {
  readonly schema: JsonObject | null;
  /** The schema as text: equal for equal schemas, so that one check serves them all. */
  readonly schema_text: string | null;
  readonly example: JsonObject | null;
}

/** What accepting an event needs to know of its workspace. */
export interface WorkspaceCatalog {
  readonly id: string;
  readonly dialect: string;
  /** Refuse event types that the catalog does not know. */
  readonly strict: boolean;
  readonly event_types: ReadonlyMap<string, CatalogType>;
}

export type ManualClaim =
  | { readonly kind: 'leased'; readonly leased: LeasedDelivery }
  | { readonly kind: 'not_found' }
  | { readonly kind: 'in_flight' }
  | { readonly kind: 'canceled' };

/**
 * What the engine needs of a database. Every verb is one transaction; what it answers is durable. A database that
 * fails makes the verb reject, with nothing written.
 */
export interface Store {
  /** Stores events with their deliveries, and settles leases. One bad item never fails its neighbours. */
  readonly commitTurn: (turn: Turn) => Promise<TurnResult>;
  /** Hooks that have a delivery due at `now`. */
  readonly dueHooks: (now: number) => Promise<readonly DueHook[]>;
  /** Leases up to `limit` due deliveries of each hook that is active, oldest first. */
  readonly claim: (claim: {
    readonly now: number;
    readonly lease_until: number;
    readonly wants: readonly (DueHook & { readonly limit: number })[];
  }) => Promise<readonly LeasedDelivery[]>;
  /** Leases one delivery for a manual attempt, in whatever state it is but sending and canceled. */
  readonly claimManually: (claim: {
    readonly now: number;
    readonly lease_until: number;
    readonly workspace_id: string;
    readonly delivery_id: string;
  }) => Promise<ManualClaim>;
  /**
   * Ends leases that passed before `now` (all of them with `now: null`, for a process that has just taken over
   * from a dead one): an `interrupted` attempt is recorded and the delivery is due again. Answers how many.
   */
  readonly releaseLeases: (release: {
    readonly now: number;
    readonly expired_before: number | null;
  }) => Promise<number>;
  /** The hooks of these ids as they stand now; a deleted one is missing. */
  readonly hooks: (ids: readonly string[]) => Promise<ReadonlyMap<string, SendableHook>>;
  readonly catalog: (workspace_id: string) => Promise<WorkspaceCatalog | null>;
  /** Deletes up to `limit` events that were made before `before` and have no delivery that is still to be sent. Answers how many. */
  readonly forget: (forget: { readonly before: number; readonly limit: number }) => Promise<number>;
  /** How many deliveries are in a state that is not final. */
  readonly openDeliveries: () => Promise<{
    readonly pending: number;
    readonly sending: number;
    readonly held: number;
  }>;
}

/** What is wrong with data under a JSON Schema (draft 2020-12); empty when nothing is. `schema_text` names the schema. */
export type SchemaCheck = (schema: JsonObject, schema_text: string, data: JsonObject) => readonly Issue[];

/** A digest of a text, equal for equal texts only. */
export type Hash = (text: string) => string;
