import type { Delivery, DeliveryStatus } from '../core/delivery.ts';
import type { Event, Trigger } from '../core/event.ts';
import type { DisabledReason, SendableHook } from '../core/hook.ts';
import type { JsonObject } from '../core/json.ts';
import type { Outcome } from '../core/outcome.ts';
import type { RetryPolicy } from '../core/retry-schedule.ts';
import type { AttemptTimings, CapturedResponse } from './transport.ts';

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
export interface CommitBatch {
  readonly now: number;
  readonly lease_until: number;
  readonly events: readonly NewEvent[];
  readonly settlements: readonly Settlement[];
  /** Hooks that can take nothing more at the moment: their new deliveries wait in the store instead of being leased. */
  readonly full_hooks: ReadonlySet<string>;
}

export interface BatchResult {
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
 * What the delivery loop needs of a database. Every verb is one transaction; what it answers is durable. A database that
 * fails makes the verb reject, with nothing written.
 */
export interface Store {
  /** Stores events with their deliveries, and settles leases. One bad item never fails its neighbours. */
  readonly commitBatch: (turn: CommitBatch) => Promise<BatchResult>;
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
  readonly prune: (prune: { readonly before: number; readonly limit: number }) => Promise<number>;
  /** How many deliveries are in a state that is not final. */
  readonly openDeliveries: () => Promise<{
    readonly pending: number;
    readonly sending: number;
    readonly held: number;
  }>;
}
