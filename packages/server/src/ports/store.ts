import type { Delivery, DeliveryStatus, FailureReason, WaitReason } from '../core/delivery.ts';
import type { BellwireError } from '../core/errors.ts';
import type { Event, Trigger } from '../core/event.ts';
import type { DisabledReason, SendableHook } from '../core/hook.ts';
import type { JsonObject } from '../core/json.ts';
import type { Outcome } from '../core/outcome.ts';
import type { RetryPolicy } from '../core/retry-schedule.ts';
import type { AttemptTimings, CapturedResponse } from './transport.ts';

/** An event to be stored together with its deliveries. */
export interface NewEvent extends Event {
  /** `data` and `previous_data` as JSON text, printed once for storing and for counting bytes. */
  readonly data_text: string;
  readonly previous_data_text: string | null;
  readonly idempotency_key: string | null;
  /** Identifies the request behind an idempotency key: equal for equal requests. Null without a key. */
  readonly fingerprint: string | null;
  /** The only hooks that may get it; null for every subscribed one. */
  readonly hook_ids: readonly string[] | null;
  /** Other than `scheduled`: sent to exactly `hook_ids`, whatever their state and subscriptions, once. */
  readonly trigger: Exclude<Trigger, 'manual'>;
}

/** The answer to the sender of an event. */
export interface EventReceipt {
  readonly id: string;
  readonly type: string;
  readonly tenant: string | null;
  readonly occurred_at: number;
  readonly created_at: number;
  readonly idempotency_key: string | null;
  /** How many hooks get it. */
  readonly deliveries: number;
}

/** A delivery that this node may send until `lease_until`. */
export interface LeasedDelivery {
  readonly delivery: Delivery;
  /** Null where the event is large: it is read again when the attempt starts. */
  readonly event: Event | null;
  /** The fencing token: only the holder of the latest lease can settle the delivery. */
  readonly lease_token: number;
  readonly lease_until: number;
}

export type AcceptResult =
  | { readonly kind: 'accepted'; readonly receipt: EventReceipt; readonly leased: readonly LeasedDelivery[] }
  /** The idempotency key was used before for the same request: nothing was stored. */
  | { readonly kind: 'repeated'; readonly receipt: EventReceipt }
  /** The idempotency key was used before for another request: nothing was stored. */
  | { readonly kind: 'conflict'; readonly event_id: string }
  | { readonly kind: 'unknown_hook'; readonly hook_id: string }
  /** The batch was full: nothing was stored, and the event belongs into the next one. */
  | { readonly kind: 'deferred' }
  /** The database refuses this event, and this one only: nothing was stored. */
  | { readonly kind: 'rejected'; readonly error: BellwireError };

/** Everything about one attempt, written once and never changed. */
export interface AttemptRecord {
  readonly id: string;
  readonly started_at: number;
  readonly outcome: Outcome;
  readonly request: RecordedRequest | null;
  readonly response: CapturedResponse | null;
  readonly timings: AttemptTimings | null;
  readonly remote_address: string | null;
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

/** One lease. */
export interface Lease {
  readonly delivery: Delivery;
  readonly lease_token: number;
}

export interface AttemptedSettlement extends Lease {
  readonly kind: 'attempted';
  readonly attempt: AttemptRecord;
  /** The sender thread died while it held the request. */
  readonly sender_died: boolean;
  readonly policy: RetryPolicy;
  readonly retry_after_ms: number | null;
  readonly roll: number;
}

/** How a lease ends. */
export type Settlement =
  | AttemptedSettlement
  /** Given back unsent: due again at once or, with a reason, after a back-off; held or canceled where its hook changed. */
  | (Lease & { readonly kind: 'returned'; readonly reason: WaitReason | null })
  /** The dialect cannot render this event: it fails without an attempt. */
  | (Lease & { readonly kind: 'unrenderable' })
  /** The database refused to store the attempt: the delivery fails and shows why. */
  | (Lease & { readonly kind: 'unrecordable' });

export type SettleResult =
  | {
      readonly kind: 'settled';
      readonly status: DeliveryStatus;
      readonly next_attempt_at: number | null;
      readonly failure_reason: FailureReason | WaitReason | null;
      /** Set when the attempt disabled the hook. */
      readonly disabled: DisabledReason | null;
    }
  /** The lease had passed to another holder: nothing was written. */
  | { readonly kind: 'stale' }
  /** The database refuses this settlement, and this one only: nothing was written. */
  | { readonly kind: 'rejected'; readonly error: BellwireError };

/** The events and settlements that share one transaction. */
export interface CommitBatch {
  readonly now: number;
  readonly lease_until: number;
  readonly events: readonly NewEvent[];
  readonly settlements: readonly Settlement[];
  /** Hooks whose queue in memory is full: their new deliveries wait in the store instead of being leased. */
  readonly saturated_hooks: ReadonlySet<string>;
  /**
   * Deliveries that the batch may store. What an event has beyond that is stored as the list of its hooks, and
   * `continueFanOuts` turns the list into deliveries.
   */
  readonly max_deliveries: number;
}

export interface BatchResult {
  /** In the order of the events. */
  readonly accepted: readonly AcceptResult[];
  /** In the order of the settlements. */
  readonly settled: readonly SettleResult[];
  /** True when an event left hooks to `continueFanOuts`. */
  readonly has_fan_outs: boolean;
}

export interface FanOutSlice {
  readonly leased: readonly LeasedDelivery[];
  /** True when there is more to do. */
  readonly has_more: boolean;
}

export interface DueHook {
  readonly hook_id: string;
  readonly workspace_id: string;
}

/** A bounded part of a walk over all hooks. */
export interface DueHooks {
  /** Active hooks with a delivery due, in the order of their ids. */
  readonly hooks: readonly DueHook[];
  /** Where the next part begins; null when this was the last one. */
  readonly next: string | null;
}

export interface CatalogType {
  readonly schema: JsonObject | null;
  /** The schema as text: equal for equal schemas, so that one check serves them all. */
  readonly schema_text: string | null;
  readonly example: JsonObject | null;
}

/** The part of a workspace that accepting an event depends on. */
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

export interface PruneResult {
  /** Rows. */
  readonly deleted: number;
  /** False when everything that can be deleted at the moment is. */
  readonly has_more: boolean;
}

export interface OpenDeliveries {
  readonly pending: number;
  readonly sending: number;
  readonly held: number;
}

/**
 * The database as delivery needs it. Every verb is one transaction, bounded in rows; its answer is durable. A database
 * that fails makes the verb reject with `storage_failed` or `storage_broken` and nothing written.
 *
 * A store belongs to one node: the leases that it takes carry that node's id.
 */
export interface Store {
  /** Stores events with their deliveries, and settles leases. An item that the database refuses fails alone. */
  readonly commitBatch: (batch: CommitBatch) => Promise<BatchResult>;
  /** Stores the next deliveries of an event that has more hooks than its batch could take; workspaces take turns. */
  readonly continueFanOuts: (
    slice: Pick<CommitBatch, 'now' | 'lease_until' | 'saturated_hooks' | 'max_deliveries'>,
  ) => Promise<FanOutSlice>;
  /** Active hooks that have a delivery due at `now`: those whose id follows `after`, after a walk of at most `limit` hooks. */
  readonly dueHooks: (query: {
    readonly now: number;
    readonly after: string | null;
    readonly limit: number;
  }) => Promise<DueHooks>;
  /** Leases up to `limit` due deliveries of each hook that is active, the longest due first. */
  readonly claim: (claim: {
    readonly now: number;
    readonly lease_until: number;
    readonly wants: readonly (DueHook & { readonly limit: number })[];
  }) => Promise<readonly LeasedDelivery[]>;
  /** Leases one delivery for a manual attempt, in any state but `sending` and `canceled`. */
  readonly claimManually: (claim: {
    readonly now: number;
    readonly lease_until: number;
    readonly workspace_id: string;
    readonly delivery_id: string;
  }) => Promise<ManualClaim>;
  /** Extends leases that are still ours; the answer has the ids of their deliveries. */
  readonly extendLeases: (extension: {
    readonly now: number;
    readonly lease_until: number;
    readonly leases: readonly Lease[];
  }) => Promise<ReadonlySet<string>>;
  /**
   * Ends up to 500 leases whose holder is gone: an `interrupted` attempt is recorded and the delivery is due again.
   * `dead_nodes`: leases of every other node of this database file (the file has one owner at a time). `expired`:
   * leases that ran out before `now`, other than those of `held` deliveries, which this node still works on.
   */
  readonly releaseLeases: (
    release: { readonly now: number } & (
      | { readonly of: 'dead_nodes' }
      | { readonly of: 'expired'; readonly held: ReadonlySet<string> }
    ),
  ) => Promise<number>;
  /** Holds or cancels up to `limit` waiting deliveries of hooks that were disabled, paused or deleted. Returns how many. */
  readonly stopDeliveries: (stop: { readonly now: number; readonly limit: number }) => Promise<number>;
  /** The hooks of these ids as they are now. A deleted one is missing; null for one whose secrets cannot be decrypted. */
  readonly hooks: (ids: readonly string[]) => Promise<ReadonlyMap<string, SendableHook | null>>;
  /** The events of leased deliveries whose event was too large to keep, by event id. */
  readonly events: (leased: readonly Delivery[]) => Promise<ReadonlyMap<string, Event>>;
  readonly catalog: (workspace_id: string) => Promise<WorkspaceCatalog | null>;
  /** Deletes up to about `limit` rows of events that were created before `before` and have no delivery left to send. */
  readonly prune: (prune: {
    readonly now: number;
    readonly before: number;
    readonly limit: number;
  }) => Promise<PruneResult>;
  /** Deletes up to `limit` previous secrets whose grace has ended. */
  readonly pruneSecrets: (prune: { readonly now: number; readonly limit: number }) => Promise<number>;
  /** How many deliveries are in a state that is not final. */
  readonly openDeliveries: () => Promise<OpenDeliveries>;
}
