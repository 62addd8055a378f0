import type { KeyScope } from '../core/api-key.ts';
import type { CatalogSize } from '../core/catalog-limits.ts';
import type { ClientCertificate, ClientCertificateInfo } from '../core/client-certificate.ts';
import type { Delivery, DeliveryStatus, FailureReason, WaitReason } from '../core/delivery.ts';
import type { LastOutcome } from '../core/error-text.ts';
import type { Trigger } from '../core/event.ts';
import type { DisabledReason, Hook, HookStatus } from '../core/hook.ts';
import type { Throttle, ThrottledHook } from '../core/hook-throttle.ts';
import type { TenantLimits } from '../core/limits.ts';
import type { CreationKey } from '../core/idempotency.ts';
import type { JsonObject } from '../core/json.ts';
import type { Twins } from '../core/warnings.ts';
import type { OutcomeKind } from '../core/outcome.ts';
import type { Audits } from './audits.ts';
import type { Erasures } from './erasures.ts';
import type { Events } from './events.ts';
import type { Owned } from './owned.ts';
import type { Page, PageQuery } from './page.ts';
import type { Recoveries } from './recoveries.ts';
import type { Encryption } from './encryption.ts';
import type { Sessions } from './sessions.ts';
import type { StatsReader } from './stats.ts';
import type { RecordedHeader } from './store.ts';
import type { AttemptTimings } from './transport.ts';

export interface Workspace {
  readonly id: string;
  readonly name: string;
  readonly dialect: string;
  readonly strict: boolean;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface ApiKey {
  readonly id: string;
  readonly workspace_id: string | null;
  readonly name: string;
  readonly scope: KeyScope;
  /** The part of the key that may be shown. */
  readonly hint: string;
  /** Maximum rate at which its events are accepted; null for no limit. */
  readonly events_per_second: number | null;
  readonly created_at: number;
  /** Null for a key that does not expire. */
  readonly expires_at: number | null;
  /** At most a minute old; null if it has not been used. */
  readonly last_used_at: number | null;
}

/** What authentication needs of a key. */
export interface KnownKey extends Pick<
  ApiKey,
  'id' | 'workspace_id' | 'scope' | 'events_per_second' | 'expires_at'
> {
  /** SHA-256 of the whole key, in hex. */
  readonly hash: string;
}

export interface EventType {
  readonly name: string;
  readonly description: string;
  readonly schema: JsonObject | null;
  readonly example: JsonObject | null;
  /** The data before the change that `example` shows. */
  readonly previous_example: JsonObject | null;
  readonly created_at: number;
  readonly updated_at: number;
}

/** One customer of the user, with the number of its hooks by status. */
export interface Tenant {
  readonly tenant: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly limits: TenantLimits;
  readonly hooks: Readonly<Record<HookStatus | 'failing', number>>;
  readonly created_at: number;
}

export interface NewHook extends Omit<
  Hook,
  'number' | 'consecutive_failures' | 'failing_since' | 'last_failure'
> {
  readonly headers: Readonly<Record<string, string>>;
  readonly client_certificate: ClientCertificate | null;
  readonly secret: { readonly id: string; readonly value: string } | null;
}

export type HookChange = Partial<
  Pick<
    Hook,
    | 'name'
    | 'description'
    | 'metadata'
    | 'url'
    | 'events'
    | 'filter'
    | 'method'
    | 'content_type'
    | 'ordered'
    | 'order_key'
    | 'insecure_ssl'
    | 'max_attempts'
    | 'retry_schedule'
    | 'timeout_ms'
    | 'rate_limit'
    | 'validated_at'
  >
> & {
  readonly headers?: Readonly<Record<string, string>>;
  /** Replaces every secret of the hook; null leaves it without one. */
  readonly client_certificate?: NewHook['client_certificate'];
  readonly secret?: NewHook['secret'];
  readonly status?: HookStatus;
  readonly disabled_reason?: DisabledReason | null;
};

/** A hook with the names of its custom headers, never their values, and its client certificate, never the key. */
export interface ListedHook extends Hook {
  readonly header_names: readonly string[];
  /** Null also if it cannot be decrypted. */
  readonly client_certificate: ClientCertificateInfo | null;
  /** When its secrets expire: null for the current one, then the previous ones, newest first. */
  readonly secret_expiries: readonly (number | null)[];
  /** When its first pending delivery is due; null if none is pending. */
  readonly next_attempt_at: number | null;
  /** Null if nothing holds it back. */
  readonly throttle: Throttle | null;
}

/** The hook that an idempotency key created. */
export interface FirstHook {
  readonly hook: ListedHook;
  /** Null if it cannot be decrypted. */
  readonly fingerprint: string | null;
  /** The secret that it was created with; null if it had none, or has another one now. */
  readonly secret: string | null;
}

export interface StoredDelivery
  extends Omit<Delivery, 'resume' | 'returns' | 'suspicion' | 'has_succeeded' | 'order_key'>, LastOutcome {
  /** The current URL of its hook; null if no row of the hook is left. */
  readonly url: string | null;
  /** The tenant of its hook, `*` for one of every tenant; null without one, or if no row of the hook is left. */
  readonly hook_tenant: string | null;
  readonly event_type: string;
  readonly status: DeliveryStatus;
  readonly next_attempt_at: number | null;
  /** Why it failed; while it is pending, the reason for a wait that the receiver did not cause. */
  readonly failure_reason: FailureReason | WaitReason | null;
  /** The first delivery of its order, which it waits for; null if it waits for none. */
  readonly blocked_by: string | null;
  /** The duration of the last attempt; null before the first, or if nothing was measured. */
  readonly last_duration_ms: number | null;
  /** What limits how fast its hook receives deliveries. */
  readonly hook: ThrottledHook;
  /** The number of deliveries of its hook that are sent before it, if `get` has counted them; at most 10,000. */
  readonly ahead: number | null;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface StoredAttempt {
  readonly id: string;
  readonly number: number;
  readonly trigger: Trigger;
  readonly outcome: OutcomeKind;
  readonly outcome_detail: string | null;
  readonly started_at: number;
  readonly duration_ms: number;
  readonly timings: (AttemptTimings & { readonly reused_connection: boolean }) | null;
  /** The address of the connection; null if there was none. */
  readonly remote_address: string | null;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, RecordedHeader>>;
    readonly body: string | null;
  } | null;
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | null;
    readonly body_truncated: boolean;
  } | null;
}

/** The result of a skip; without `skipped`, nothing has changed. */
export type Skip =
  | { readonly kind: 'skipped'; readonly was: DeliveryStatus; readonly hook_tenant: string | null }
  | { readonly kind: 'not_found' }
  | { readonly kind: 'in_flight' }
  /** It has no place in an order. */
  | { readonly kind: 'not_ordered' };

export interface DeliveryFilter {
  readonly status?: DeliveryStatus | undefined;
  readonly hook_id?: string | undefined;
  /** Only deliveries to hooks of exactly this tenant, also deleted ones. */
  readonly hook_tenant?: string | undefined;
  readonly event_id?: string | undefined;
  /** The id of its event as receivers see it. */
  readonly wire_id?: string | undefined;
  readonly event_type?: string | undefined;
  readonly tenant?: string | undefined;
  /** The outcome of the last attempt. */
  readonly outcome?: OutcomeKind | undefined;
  /** Milliseconds, inclusive. */
  readonly since?: number | undefined;
  /** Milliseconds, exclusive. */
  readonly until?: number | undefined;
}

export interface HookFilter {
  /** Hooks of this tenant, without those of every tenant (`*`). */
  readonly tenant?: string | undefined;
}

/** The data that the API lists and changes. A change is durable and in effect when its promise resolves. */
export interface Repositories {
  readonly workspaces: {
    /** False if the name or the idempotency key is taken. */
    readonly create: (
      workspace: Workspace,
      catalog: readonly EventType[],
      key?: CreationKey,
    ) => Promise<boolean>;
    readonly ofKey: (
      idempotency_key: string,
    ) => Promise<{ readonly workspace: Workspace; readonly fingerprint: string | null } | null>;
    readonly list: (page: PageQuery) => Promise<Page<Workspace>>;
    /** The ids of the oldest workspaces, at most `limit`. */
    readonly firstIds: (limit: number) => Promise<readonly string[]>;
    readonly get: (id: string) => Promise<Workspace | null>;
    /** Null if it does not exist; `taken` if another has the name. */
    readonly update: (
      id: string,
      change: { readonly name?: string; readonly strict?: boolean },
      now: number,
    ) => Promise<Workspace | 'taken' | null>;
  };
  readonly api_keys: {
    readonly create: (key: ApiKey, hash: string) => Promise<void>;
    /** The keys of one workspace; with `workspace_id: null` all keys. */
    readonly list: (workspace_id: string | null, page: PageQuery) => Promise<Page<ApiKey>>;
    /** Returns the removed key; null if it does not exist. Also ends its sessions, and the portals that it has created. */
    readonly remove: (workspace_id: string | null, id: string) => Promise<ApiKey | null>;
    readonly exists: (id: string) => Promise<boolean>;
    readonly find: (id: string) => Promise<KnownKey | null>;
    /** Sets `last_used_at`. */
    readonly markUsed: (ids: readonly string[], at: number) => Promise<void>;
    readonly any: () => Promise<boolean>;
  };
  readonly event_types: {
    readonly put: (workspace_id: string, type: EventType) => Promise<EventType>;
    /** Ordered by name. A page ends at its limit, or at the type that reaches `MAX_PAGE_BYTES`. */
    readonly list: (workspace_id: string, page: PageQuery) => Promise<Page<EventType>>;
    readonly get: (workspace_id: string, name: string) => Promise<EventType | null>;
    /** The size of the catalog without the type of this name. */
    readonly sizeWithout: (workspace_id: string, name: string) => Promise<CatalogSize>;
    readonly remove: (workspace_id: string, name: string) => Promise<boolean>;
  };
  readonly tenants: {
    /** In the order of their ids. */
    readonly list: (workspace_id: string, page: PageQuery) => Promise<Page<Tenant>>;
    readonly get: (workspace_id: string, tenant: string) => Promise<Tenant | null>;
    /** Its fields that can be changed; null if the tenant does not exist. */
    readonly settings: (
      workspace_id: string,
      tenant: string,
    ) => Promise<Pick<Tenant, 'metadata' | 'limits'> | null>;
    /** Its limit of events per second, from memory; null without one. */
    readonly eventsPerSecond: (workspace_id: string, tenant: string) => Promise<number | null>;
    /** Creates the tenant if it does not exist. */
    readonly update: (
      workspace_id: string,
      tenant: string,
      change: {
        readonly metadata?: Tenant['metadata'] | undefined;
        readonly limits?: TenantLimits | undefined;
        readonly now: number;
      },
    ) => Promise<void>;
  };
  readonly hooks: {
    /** Null if a hook of the same tenant has the idempotency key. */
    readonly create: (hook: NewHook, key?: CreationKey) => Promise<ListedHook | null>;
    readonly ofKey: (
      owner: Pick<Hook, 'workspace_id' | 'tenant'>,
      idempotency_key: string,
    ) => Promise<FirstHook | null>;
    readonly list: (workspace_id: string, filter: HookFilter, page: PageQuery) => Promise<Page<ListedHook>>;
    readonly get: (workspace_id: string, id: string) => Promise<ListedHook | null>;
    /** The ids of hooks by their number, without numbers of other workspaces and of deleted hooks. */
    readonly idsOf: (
      workspace_id: string,
      numbers: readonly number[],
    ) => Promise<ReadonlyMap<number, string>>;
    /**
     * Each combination of dialect and own schedule that hooks of any workspace use, with their highest `max_attempts`; at
     * most 1,000.
     */
    readonly schedules: () => Promise<readonly Pick<Hook, 'dialect' | 'max_attempts' | 'retry_schedule'>[]>;
    /** The ids of workspaces with hooks for operational events, at most `limit`. */
    readonly operationalWorkspaces: (limit: number) => Promise<readonly string[]>;
    /** The number of hooks of a workspace, or of one of its tenants, counted up to `max`. */
    readonly count: (
      of: { readonly workspace_id: string; readonly tenant?: string },
      max: number,
    ) => Promise<number>;
    /** The id of another hook of the same workspace and tenant with the same URL, and of one with the same name. */
    readonly twins: (hook: Pick<Hook, 'id' | 'workspace_id' | 'tenant' | 'url' | 'name'>) => Promise<Twins>;
    /** Null if it does not exist. Leaving `active` holds pending deliveries. */
    readonly update: (
      workspace_id: string,
      id: string,
      change: HookChange & { readonly updated_at: number },
    ) => Promise<ListedHook | null>;
    /** Makes `secret` the current one. Null if the hook does not exist. */
    readonly rotateSecret: (
      workspace_id: string,
      id: string,
      rotation: {
        readonly secret: { readonly id: string; readonly value: string };
        readonly now: number;
        readonly previous_expires_at: number;
      },
    ) => Promise<ListedHook | null>;
    readonly dropPreviousSecrets: (
      workspace_id: string,
      id: string,
      now: number,
    ) => Promise<ListedHook | null>;
    /** Cancels pending and held deliveries. False if the hook does not exist. */
    readonly remove: (workspace_id: string, id: string, now: number) => Promise<boolean>;
  };
  readonly events: Events;
  readonly deliveries: {
    /** A page may have fewer rows than its limit, even none, and still be followed by another. */
    readonly list: (
      workspace_id: string,
      filter: DeliveryFilter,
      page: PageQuery,
    ) => Promise<Page<StoredDelivery>>;
    /** Deliveries by id, and all deliveries of events, in the order of their creation: at most `limit`. */
    readonly named: (
      workspace_id: string,
      names: {
        readonly delivery_ids: readonly string[];
        readonly event_ids: readonly string[];
        readonly limit: number;
      },
    ) => Promise<readonly StoredDelivery[]>;
    /** The number of deliveries that are held for a hook. */
    readonly countHeld: (hook_id: string) => Promise<number>;
    /** The hook of a delivery, without reading its attempts; null if the delivery does not exist. */
    readonly hookOf: (workspace_id: string, id: string) => Promise<string | null>;
    readonly get: (workspace_id: string, id: string) => Promise<StoredDelivery | null>;
    /** Ends the place of a delivery in its order: a waiting one is canceled, a failed one stays failed. */
    readonly skip: (workspace_id: string, id: string, now: number) => Promise<Skip>;
    /** The attempts of a delivery, the latest first; null if the delivery does not exist. */
    readonly attempts: (
      workspace_id: string,
      id: string,
      page: PageQuery,
    ) => Promise<Page<StoredAttempt> | null>;
  };
  readonly audit: Audits;
  readonly stats: StatsReader;
  readonly recoveries: Recoveries;
  readonly owned: Owned;
  readonly sessions: Sessions;
  readonly encryption: Encryption;
  readonly erasures: Erasures;
  /**
   * Runs `work` in one transaction: all of its changes, or none. It must use only the repositories that it gets, and not
   * their lists and counts, which other connections read. Another transaction can disturb it, and then it runs again: it
   * must change nothing else.
   */
  readonly transaction: <T>(work: (repositories: Repositories) => Promise<T>) => Promise<T>;
}
