import type { CancelReason, Delivery, DeliveryStatus, FailureReason, WaitReason } from '../core/delivery.ts';
import type { BellwireError } from '../core/errors.ts';
import type { Event, EventMetadata, Trigger } from '../core/event.ts';
import type { BreakerState } from '../core/breaker.ts';
import type { Filter, FilterVerdict } from '../core/filter/compile-filter.ts';
import type { DisabledReason, SendableHook } from '../core/hook.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Owner } from '../core/owner.ts';
import type { RetryPolicy } from '../core/retry-schedule.ts';
import type { AttemptTimings, CapturedResponse } from './transport.ts';

/** An event to be stored together with its deliveries. */
export interface NewEvent extends Event {
  /** `data` and `previous_data` as JSON text, serialized once for storage and for counting bytes. */
  readonly data_text: string;
  readonly previous_data_text: string | null;
  readonly idempotency_key: string | null;
  /** Identifies the request behind an idempotency key: equal for equal requests. Null without a key. */
  readonly fingerprint: string | null;
  /** Indexed for lists; null without any. */
  readonly metadata: EventMetadata | null;
  /** When it is sent; null at once. */
  readonly deliver_at: number | null;
  /** The only hooks that may receive it; null for every subscribed one. */
  readonly hook_ids: readonly string[] | null;
  /** The results of filters that were evaluated before, by their text; the store evaluates the others. */
  readonly verdicts: ReadonlyMap<string, FilterVerdict> | null;
  /** Unless `scheduled`: sent once to exactly `hook_ids`, regardless of their state and subscriptions. */
  readonly trigger: Exclude<Trigger, 'manual' | 'recovery'>;
}

/** The answer to the sender of an event. */
export interface EventReceipt {
  readonly id: string;
  readonly type: string;
  readonly tenant: string | null;
  readonly occurred_at: number;
  readonly created_at: number;
  /** When a delayed event is sent; null for one that is sent at once. */
  readonly deliver_at: number | null;
  readonly idempotency_key: string | null;
  /** The number of hooks that receive it. */
  readonly deliveries: number;
  /** The number of subscribed hooks whose filter it did not match. */
  readonly filtered: number;
}

/** A hook with its filter. */
export interface FilteringHook {
  readonly id: string;
  readonly filter: Filter;
}

/** A delivery that this node may send until `lease_until`. */
export interface LeasedDelivery {
  readonly delivery: Delivery;
  /** Null for a large event, which is read again when the attempt starts. */
  readonly event: Event | null;
  /** It was due in the store before it was leased, so it does not make accepts wait. */
  readonly is_backlog: boolean;
  /** It was claimed as one of the newest of its hook, not as one of the longest due. */
  readonly is_newest?: boolean;
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
  /** The batch was full: nothing was stored, and the event belongs in the next one. */
  | { readonly kind: 'deferred' }
  /** The database refuses this event but not the others: nothing was stored. */
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

/** A header value, or only its length if the value is secret. */
export type RecordedHeader = string | { readonly secret_length: number };

/** The request of an attempt. Without the headers of the transport if no request was written. */
export interface RecordedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, RecordedHeader>>;
  readonly body: string;
}

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

/** The end of a lease. */
export type Settlement =
  | AttemptedSettlement
  /** Returned unsent: due again at once or, with a reason, after a back-off; held or canceled if its hook changed. */
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
      /** `failing`: the first of its hook's consecutive failures; `recovered`: the first success after them. */
      readonly hook_change: 'failing' | 'recovered' | null;
    }
  /** Another holder has the lease: nothing was written. */
  | { readonly kind: 'stale' }
  /** The database refuses this settlement but not the others: nothing was written. */
  | { readonly kind: 'rejected'; readonly error: BellwireError };

/** A set of hooks by id, of which a transaction looks up those that it writes to. */
export type HookSet = Pick<ReadonlySet<string>, 'has'>;

/** The events and settlements that share one transaction. */
export interface CommitBatch {
  readonly now: number;
  readonly lease_until: number;
  readonly events: readonly NewEvent[];
  readonly settlements: readonly Settlement[];
  /** Hooks with a full hook queue: their new deliveries stay pending in the store instead of being leased. */
  readonly saturated_hooks: HookSet;
  /**
   * Maximum number of deliveries that the batch stores. The remaining hooks of an event are stored as a list, which
   * `continueFanOuts` turns into deliveries.
   */
  readonly max_deliveries: number;
}

export interface BatchResult {
  /** In the order of the events. */
  readonly accepted: readonly AcceptResult[];
  /** In the order of the settlements. */
  readonly settled: readonly SettleResult[];
  /** True if an event has hooks left for `continueFanOuts`. */
  readonly has_fan_outs: boolean;
  /** Leased deliveries of ordered hooks that waited for one that this batch has settled. */
  readonly released: readonly LeasedDelivery[];
}

export interface FanOutSlice {
  readonly leased: readonly LeasedDelivery[];
  /** The workspaces of all deliveries that the slice has stored, leased or not. */
  readonly workspaces: ReadonlySet<string>;
  /** True if the next slice can store more now. */
  readonly has_more: boolean;
  /** Owners with more to do for which `isOpen` was false; empty while others have more to do. */
  readonly waiting: readonly Owner[];
}

export interface DueHook {
  readonly hook_id: string;
  readonly workspace_id: string;
}

/** What limits how fast a hook receives deliveries, and what the scheduler must know of it. */
export interface HookThrottle extends DueHook {
  /** Nothing is sent while it is `open`, and only the probe while it is `half_open`. */
  readonly state: BreakerState;
  readonly probe_id: string | null;
  /** Maximum number of concurrent attempts; null for all slots of the hook. */
  readonly width: number | null;
  readonly has_rate_limit: boolean;
  /** Due deliveries may wait in the store. */
  readonly waits: boolean;
  /** When more of them may be claimed; null if that depends on an attempt in flight. */
  readonly until: number | null;
}

/** A hook with due deliveries, and the tenant that it belongs to. */
export interface OwnedDueHook extends DueHook {
  readonly tenant: string | null;
}

/** One slice of stopping deliveries. */
export interface StopResult {
  /** The number of deliveries; a hook without any counts as one. */
  readonly stopped: number;
  readonly hooks: readonly DueHook[];
}

/** One slice of making deliveries due that wait since before the clock was set back. */
export interface PullInResult {
  /** The number of deliveries. */
  readonly pulled: number;
  /** The `after` of the next slice; null after the last one. */
  readonly next: string | null;
}

/** One bounded step of a walk over all hooks. */
export interface DueHooks {
  /** Active hooks with a delivery due, ordered by id. */
  readonly hooks: readonly OwnedDueHook[];
  /** The `after` of the next step; null after the last one. */
  readonly next: string | null;
}

/** Whether an event type has a schema and an example. Their texts are not part of it: a catalog can have megabytes. */
export interface CatalogType {
  readonly has_schema: boolean;
  readonly has_example: boolean;
}

/** The part of a workspace that is needed to accept an event. */
export interface WorkspaceCatalog {
  readonly id: string;
  readonly dialect: string;
  /** Whether event types outside the catalog are refused. */
  readonly strict: boolean;
  readonly event_types: ReadonlyMap<string, CatalogType>;
}

export type ManualClaim =
  | { readonly kind: 'leased'; readonly leased: LeasedDelivery }
  | { readonly kind: 'not_found' }
  | { readonly kind: 'in_flight' }
  | { readonly kind: 'payload_expired' }
  | { readonly kind: 'canceled'; readonly reason: CancelReason };

export interface PruneResult {
  /** Number of rows. */
  readonly deleted: number;
  /** Number of deliveries that were canceled because they had waited too long. */
  readonly expired: number;
  /** False if nothing else can be done for now. */
  readonly has_more: boolean;
}

export interface PayloadPruneResult {
  /** Number of changed rows. */
  readonly removed: number;
  /** False if nothing else can be removed for now. */
  readonly has_more: boolean;
}

export interface ScrubProgress {
  /** As `completedScrub`. */
  readonly completed: number;
  /** True if the next slice can run now; false if there is nothing to do, or if a read blocks it for now. */
  readonly has_more: boolean;
}

/** Deliveries that are not final. Counts end at 1,000,000 per status. */
export interface OpenDeliveries {
  readonly pending: number;
  readonly sending: number;
  readonly held: number;
  /** The pending ones whose next attempt is due. */
  readonly due: number;
  /** When the longest due one was due, among those that are counted; null if none is. */
  readonly oldest_due_at: number | null;
}

/** Sizes of the database's files in bytes; 0 for a file that does not exist. */
export interface FileSizes {
  readonly database: number;
  readonly wal: number;
  /** The volume of the database file; null for a database in memory. */
  readonly volume: VolumeSpace | null;
}

/** The space of a volume in bytes; free is what an unprivileged process can use. */
export interface VolumeSpace {
  readonly free_bytes: number;
  readonly total_bytes: number;
}

export interface ScrubStatus {
  /** As `completedScrub`. */
  readonly completed: number;
  readonly is_running: boolean;
  /** The last pass failed, and none has begun since. */
  readonly has_failed: boolean;
}

/**
 * The database of the event flow. Every method is one transaction with a bounded number of rows, durable when it
 * resolves. Reads can see a write of another call that has not resolved yet. If the database fails, the method rejects
 * with `storage_failed` and writes nothing, or with `storage_broken`: then it is unknown whether it has written.
 *
 * A store belongs to one node: its leases carry that node's id.
 */
export interface Store {
  /** Stores events with their deliveries, and settles leases. An item that the database refuses does not fail the others. */
  readonly commitBatch: (batch: CommitBatch) => Promise<BatchResult>;
  /**
   * Stores the next deliveries of events with more hooks than fit their batch; round robin over workspaces and their
   * tenants. Passes over those for which `isOpen` is false.
   */
  readonly continueFanOuts: (
    slice: Pick<CommitBatch, 'now' | 'lease_until' | 'saturated_hooks' | 'max_deliveries'> & {
      readonly isOpen: (owner: Owner) => boolean;
    },
  ) => Promise<FanOutSlice>;
  /** Active hooks with a delivery due at `now` that no breaker holds back, among the `limit` hooks whose ids follow `after`. */
  readonly dueHooks: (query: {
    readonly now: number;
    readonly after: string | null;
    readonly limit: number;
  }) => Promise<DueHooks>;
  /**
   * Leases up to `limit` due deliveries of each active hook, the longest due first, and no more than its breaker and its
   * rate limit allow. At a hook for every tenant, each
   * tenant with due deliveries gets its share, in turn, and the longest due ones of any tenant get the rest.
   */
  readonly claim: (claim: {
    readonly now: number;
    readonly lease_until: number;
    readonly wants: readonly (DueHook & { readonly limit: number })[];
  }) => Promise<readonly LeasedDelivery[]>;
  /** The number of hooks whose breaker is not closed; counted up to 100,000. */
  readonly openBreakers: () => Promise<number>;
  /** Calls `listener` after each transaction that changed a throttle or kept deliveries waiting, before its promise resolves. */
  readonly watchThrottles: (listener: (throttles: readonly HookThrottle[]) => void) => void;
  /** Leases one delivery for a manual attempt, in any state but `sending` and `canceled`, if its event has a payload. */
  readonly claimManually: (claim: {
    readonly now: number;
    readonly lease_until: number;
    readonly workspace_id: string;
    readonly delivery_id: string;
  }) => Promise<ManualClaim>;
  /** Extends the leases that this node still holds, and returns the ids of their deliveries. */
  readonly extendLeases: (extension: {
    readonly now: number;
    readonly lease_until: number;
    readonly leases: readonly Lease[];
  }) => Promise<ReadonlySet<string>>;
  /**
   * Ends up to 500 leases whose holder is gone: records an `interrupted` attempt and makes the delivery due again.
   * `dead_nodes`: leases of every other node (a database file has one owner at a time). `expired`: leases that expired
   * before `now`, except those of `held` deliveries, which this node is still working on.
   */
  readonly releaseLeases: (
    release: { readonly now: number } & (
      | { readonly of: 'dead_nodes' }
      | { readonly of: 'expired'; readonly held: () => ReadonlySet<string> }
    ),
  ) => Promise<number>;
  /** Holds or cancels up to `limit` waiting deliveries of hooks that were disabled, paused or deleted. */
  readonly stopDeliveries: (stop: { readonly now: number; readonly limit: number }) => Promise<StopResult>;
  /**
   * Makes up to `limit` pending deliveries due whose next attempt is later than `beyond`, among the next hooks whose ids
   * follow `after`. No schedule delays a delivery for so long: the clock was set back since.
   */
  readonly pullIn: (slice: {
    readonly now: number;
    readonly beyond: number;
    readonly after: string;
    readonly limit: number;
  }) => Promise<PullInResult>;
  /** The current hooks by id. A deleted hook is missing; a hook whose secrets cannot be decrypted is null. */
  readonly hooks: (ids: readonly string[]) => Promise<ReadonlyMap<string, SendableHook | null>>;
  /** The events that were too large to keep with their leased deliveries, by event id. */
  readonly events: (leased: readonly Delivery[]) => Promise<ReadonlyMap<string, Event>>;
  readonly catalog: (workspace_id: string) => Promise<WorkspaceCatalog | null>;
  /**
   * The hooks with filters among the subscribers of a type and tenant; null without any. Call it after `catalog`. Costs
   * nothing in a workspace without filters.
   */
  readonly filters: (
    workspace_id: string,
    type: string,
    tenant: string | null,
  ) => Promise<readonly FilteringHook[]> | null;
  /** The JSON text of the schema of one event type; null if the type does not exist or has none. */
  readonly schemaOf: (workspace_id: string, type: string) => Promise<string | null>;
  /** The ids of the hooks in any state that receive scheduled events of a type without a tenant. */
  readonly subscribers: (workspace_id: string, type: string) => Promise<readonly string[]>;
  /**
   * Deletes about `limit` rows of events that were created before `before` and have no unfinished delivery. A delivery of
   * such an event that has been held since before `before`, or is pending and was created before it, is canceled as
   * `expired` first.
   */
  readonly prune: (prune: {
    readonly now: number;
    readonly before: number;
    readonly limit: number;
  }) => Promise<PruneResult>;
  /**
   * Removes the payloads of events that were created before `before` and have no unfinished delivery: `data`,
   * `previous_data`, and the bodies of all attempts. Changes about `limit` rows.
   */
  readonly prunePayloads: (prune: {
    readonly now: number;
    readonly before: number;
    readonly limit: number;
  }) => Promise<PayloadPruneResult>;
  /** Deletes up to `limit` previous secrets whose grace period has ended. */
  readonly pruneSecrets: (prune: { readonly now: number; readonly limit: number }) => Promise<number>;
  /**
   * Deletes counts of attempts that were recorded before `before`, unless it is null, and merges the minutes of more than
   * 48 hours ago into hours. Returns the number of rows that it has removed, at most `limit`.
   */
  readonly pruneStats: (prune: {
    readonly now: number;
    readonly before: number | null;
    readonly limit: number;
  }) => Promise<number>;
  /**
   * Requests a pass that removes what deleted rows have left in the database file and its write-ahead log. Returns the
   * number of the first pass that begins after this call: when it is completed, the bytes of every row deleted before
   * this call are gone. A request does not survive a restart, but pass numbers do: request again while
   * `completedScrub` is lower. Where the database does this by itself, passes complete at once.
   */
  readonly requestScrub: () => Promise<number>;
  /** The number of the latest completed pass; 0 before the first one. It survives a restart. */
  readonly completedScrub: () => Promise<number>;
  /**
   * Runs one bounded slice of a pass. If none is in progress, a pass begins if one was requested, or if rows were deleted
   * since the last one, which began at least `every_ms` ago. Call it from one place at a time.
   */
  readonly scrub: (slice: { readonly now: number; readonly every_ms: number }) => Promise<ScrubProgress>;
  readonly scrubStatus: () => Promise<ScrubStatus>;
  /** Reads the indexes of deliveries that are not final, for at most 1,000,000 of each status. */
  readonly openDeliveries: (now: number) => Promise<OpenDeliveries>;
  readonly fileSizes: () => Promise<FileSizes>;
}
