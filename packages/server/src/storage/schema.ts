import type { ColumnType, Generated, Kysely } from 'kysely';
import type { DeliveryStatus, FailureReason, WaitReason } from '../core/delivery.ts';
import type { Trigger } from '../core/event.ts';
import type { DisabledReason, HookStatus } from '../core/hook.ts';
import type { Throttle } from '../core/hook-throttle.ts';
import type { KeyScope } from '../core/api-key.ts';
import type { ErasurePhase } from '../core/erasure.ts';
import type { StatsCounter } from '../core/attempt-stats.ts';
import type { OutcomeKind } from '../core/outcome.ts';
import type { RecoveryKind, RecoveryPhase, RecoveryStatus } from '../core/recovery.ts';

/** 0 or 1: SQLite does not have booleans. */
type Flag = number;
/** Integer milliseconds since 1970. */
type Time = number;
/** JSON text. */
type JsonText = string;
/** `kid|nonce|ciphertext|tag`, see cipher.ts. */
type Sealed = string;

interface MetaTable {
  key: string;
  value: string;
}

interface WorkspacesTable {
  id: string;
  name: string;
  dialect: string;
  strict: Flag;
  idempotency_key: Generated<string | null>;
  /** SHA-256 of the request with the idempotency key. */
  fingerprint: Generated<string | null>;
  created_at: Time;
  updated_at: Time;
  /** Set while its erasure is under way. */
  deleted_at: Time | null;
}

interface TenantsTable {
  workspace_id: string;
  /** The user's id for the customer. */
  tenant: string;
  metadata: Generated<JsonText>;
  limits: Generated<JsonText>;
  created_at: Time;
}

interface ApiKeysTable {
  id: string;
  /** Null for an admin key. */
  workspace_id: string | null;
  name: string;
  scope: KeyScope;
  /** SHA-256 of the whole key, in hex. */
  hash: string;
  /** The part of the key that may be shown. */
  hint: string;
  /** Null for no limit. */
  events_per_second: number | null;
  created_at: Time;
  expires_at: Time | null;
  /** At most a minute old. */
  last_used_at: Time | null;
}

interface EventTypesTable {
  workspace_id: string;
  name: string;
  description: string;
  schema: JsonText | null;
  example: JsonText | null;
  previous_example: JsonText | null;
  created_at: Time;
  updated_at: Time;
}

interface HooksTable {
  id: string;
  number: Generated<number>;
  workspace_id: string;
  /** Null without tenants; `*` for a hook of every tenant. */
  tenant: string | null;
  name: string;
  description: Generated<string>;
  metadata: Generated<JsonText>;
  url: string;
  events: JsonText;
  filter: Generated<string | null>;
  /** Whether `events` covers operational events. */
  is_operational: Generated<Flag>;
  method: string;
  content_type: string;
  /** Whether its deliveries are sent one at a time, in the order of their events. */
  ordered: Generated<Flag>;
  /** A dotted path into the data of events: the order is kept within its values; null for one order. */
  order_key: Generated<string | null>;
  dialect: string;
  status: HookStatus;
  disabled_reason: DisabledReason | null;
  /** What still happens to the waiting deliveries of a deactivated, deleted or erased hook; null if nothing. */
  stopping: 'held' | 'canceled' | 'erased' | null;
  insecure_ssl: Flag;
  max_attempts: number | null;
  /** Milliseconds. */
  retry_schedule: JsonText | null;
  timeout_ms: number | null;
  /** JSON of its `RateLimit`; null for none. */
  rate_limit: JsonText | null;
  headers: Sealed | null;
  client_certificate: Sealed | null;
  validated_at: Time | null;
  idempotency_key: Generated<string | null>;
  /** SHA-256 of the request with the idempotency key, encrypted: that request may contain a guessable secret. */
  fingerprint: Generated<Sealed | null>;
  consecutive_failures: ColumnType<number, number | undefined, number>;
  failing_since: Time | null;
  last_failure_at: Time | null;
  last_outcome: OutcomeKind | null;
  last_detail: string | null;
  last_status: number | null;
  created_at: Time;
  updated_at: Time;
  deleted_at: Time | null;
}

/** Throttles of hooks. A hook that nothing holds back has no row, nor one without recent failures. */
interface ThrottlesTable extends Throttle {
  hook_id: string;
  workspace_id: string;
}

interface SecretsTable {
  id: string;
  hook_id: string;
  secret: Sealed;
  created_at: Time;
  /** Null for the current secret. */
  expires_at: Time | null;
}

interface EventsTable {
  workspace_id: string;
  id: string;
  tenant: string | null;
  type: string;
  idempotency_key: string | null;
  /** SHA-256 of the request with the idempotency key. */
  fingerprint: string | null;
  deliveries: number;
  /** Subscribed hooks whose filter did not match. */
  filtered: Generated<number>;
  /** 1 for an event with `hook_ids`, which a recovery never sends to other hooks. */
  addressed: Flag;
  occurred_at: Time;
  created_at: Time;
  /** When `data`, `previous_data` and the bodies of the attempts were removed; null while they are there. */
  payload_expired_at: Generated<Time | null>;
  /** Null unless delayed. */
  deliver_at: Time | null;
  /** Null without any. */
  metadata: JsonText | null;
  previous_data: JsonText | null;
  /** Null only if it was removed. */
  data: JsonText | null;
}

interface EventMetadataTable {
  workspace_id: string;
  key: string;
  value: string;
  event_id: string;
}

interface WireIdsTable {
  workspace_id: string;
  /** The id of the event for receivers of one dialect. */
  wire_id: string;
  event_id: string;
}

interface FanOutsTable {
  workspace_id: string;
  /** Of the event; '' without one. */
  tenant: Generated<string>;
  event_id: string;
  /** The index of the slice, from 0. */
  position: number;
  /** JSON array of hook ids. */
  hook_ids: JsonText;
}

interface DeliveriesTable {
  workspace_id: string;
  id: string;
  tenant: string | null;
  event_id: string;
  event_type: string;
  hook_id: string;
  trigger: Trigger;
  status: DeliveryStatus;
  attempts: number;
  failures: number;
  /** How often in a row it was returned unsent because of a WaitReason. */
  returns: number;
  /** 1 once a recovery has sent it again after a success. */
  has_succeeded: Flag;
  suspicion: number;
  /** Null also for a pending delivery that waits for earlier ones of its order. */
  next_attempt_at: Time | null;
  /** The order of its hook in which it has a place, see core/order.ts; null without one. */
  order_key: string | null;
  /** Its place in that order, from 1; set with `order_key`. */
  order_position: number | null;
  /** The fencing token: incremented with every lease. */
  lease_token: number;
  lease_until: Time | null;
  /** The id of the node that holds the lease. */
  leased_by: string | null;
  resume_status: DeliveryStatus | null;
  resume_at: Time | null;
  failure_reason: FailureReason | WaitReason | null;
  last_outcome: OutcomeKind | null;
  last_detail: string | null;
  last_status: number | null;
  last_duration_ms: number | null;
  created_at: Time;
  updated_at: Time;
}

interface AttemptsTable {
  id: string;
  workspace_id: string;
  delivery_id: string;
  hook_id: string;
  number: number;
  trigger: Trigger;
  outcome: OutcomeKind;
  outcome_detail: string | null;
  started_at: Time;
  duration_ms: number;
  timings: JsonText | null;
  remote_address: string | null;
  request_method: string | null;
  request_url: string | null;
  request_headers: JsonText | null;
  /** Null also for a large body, which is in `bellwire_request_bodies`. */
  request_body: string | null;
  /** The hash of a large body. */
  request_body_hash: Generated<string | null>;
  response_status: number | null;
  response_headers: JsonText | null;
  response_body: string | null;
  response_truncated: Flag;
}

/** Large bodies that were sent for an event: once each, however many hooks and attempts had the same one. */
interface RequestBodiesTable {
  event_id: string;
  /** SHA-256 of the body, in hex. */
  hash: string;
  body: string;
}

/** Jobs that send or cancel many deliveries, with the position that each has reached. */
interface RecoveriesTable {
  workspace_id: string;
  id: string;
  kind: RecoveryKind;
  status: RecoveryStatus;
  /** Those of its filter, by which an erasure finds it. */
  hook_id: string | null;
  tenant: string | null;
  /** The tenant to whose hooks every covered delivery goes; null if they can belong to others. */
  owner: string | null;
  /** JSON of its `RecoveryFilter`. */
  filter: JsonText;
  phase: RecoveryPhase;
  /** The id of the last row that it has examined in this phase. */
  after: string | null;
  /** JSON of its `RecoveryTally`. */
  tally: JsonText;
  created_at: Time;
  updated_at: Time;
  completed_at: Time | null;
}

/** Jobs that delete a tenant or a workspace, with the position that each has reached. */
interface ErasuresTable {
  id: string;
  workspace_id: string;
  tenant: string | null;
  phase: ErasurePhase;
  /** The id of the last event that it has examined. */
  after: string | null;
  /** JSON of its `ErasureTally`. */
  tally: JsonText;
  created_at: Time;
  updated_at: Time;
  completed_at: Time | null;
}

/** What `bellwire_stats` counts the attempts of. */
export type StatsKind = 'hook' | 'tenant' | 'workspace';

/** Counted attempts. Each attempt is in one row of each subject: of its minute or, later, of its hour. */
interface StatsTable extends Record<StatsCounter, Generated<number>> {
  /** Milliseconds: a minute or an hour. */
  width: number;
  /** The beginning of the minute or hour in which the attempts were recorded. */
  start: Time;
  workspace_id: string;
  kind: StatsKind;
  /** The id of the hook, the tenant, or the id of the workspace. */
  subject: string;
}

interface AuditTable {
  id: string;
  workspace_id: string;
  at: Time;
  by: string;
  action: string;
  subject: string;
  /** The tenant that the subject belongs to; null without one, and after its erasure. */
  tenant: string | null;
  /** JSON of `before` and `after`; null without them, and after an erasure. */
  changes: JsonText | null;
}

/** Sessions of the console and of portals, and one-time links. */
interface SessionsTable {
  token_hash: string;
  kind: 'link' | 'console' | 'portal_link' | 'portal';
  /** The key that a session of the console acts for, or that created a link to a portal; null for one without a key. */
  key_id: string | null;
  /** This and the rest are null for the console. */
  workspace_id: string | null;
  tenant: string | null;
  lasts_ms: number | null;
  /** JSON of `PortalSettings`. */
  settings: JsonText | null;
  created_at: Time;
  expires_at: Time;
}

/** All tables. Their names start with `bellwire_`, so that they can share a database with others. */
export interface Schema {
  bellwire_meta: MetaTable;
  bellwire_workspaces: WorkspacesTable;
  bellwire_tenants: TenantsTable;
  bellwire_api_keys: ApiKeysTable;
  bellwire_event_types: EventTypesTable;
  bellwire_hooks: HooksTable;
  bellwire_throttles: ThrottlesTable;
  bellwire_secrets: SecretsTable;
  bellwire_events: EventsTable;
  bellwire_event_metadata: EventMetadataTable;
  bellwire_wire_ids: WireIdsTable;
  bellwire_fan_outs: FanOutsTable;
  bellwire_deliveries: DeliveriesTable;
  bellwire_attempts: AttemptsTable;
  bellwire_request_bodies: RequestBodiesTable;
  bellwire_recoveries: RecoveriesTable;
  bellwire_erasures: ErasuresTable;
  bellwire_stats: StatsTable;
  bellwire_audit: AuditTable;
  bellwire_sessions: SessionsTable;
}

/** `db` writes; `reader` serves lists and counts without blocking commits. */
export interface Connections {
  readonly db: Kysely<Schema>;
  readonly reader: Kysely<Schema>;
}
