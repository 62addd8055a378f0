import type { AnyTRPCProcedure, inferProcedureInput, inferProcedureOutput } from '@trpc/server';
import type { BulkChange, HookChange } from '../core/changes.ts';
import type { Listing } from './listing.ts';
import type { AppRouter } from './router.ts';
import type { ErrorBody } from './to-error.ts';

type Procedures = AppRouter['_def']['record'];

/** Procedures that exist only for their REST paths, equivalent to `hooks.test` and `deliveries.list({ hook_id })`. */
export const onRestOnly = { hooks: 'testAny', deliveries: 'listOfHook' } as const;

/** The id field of each noun: the first argument of every verb that takes it. */
export const idFields = {
  hooks: 'hook_id',
  events: 'event_id',
  deliveries: 'delivery_id',
  recoveries: 'recovery_id',
  tenants: 'tenant',
  erasures: 'erasure_id',
  eventTypes: 'name',
  workspaces: 'workspace_id',
  apiKeys: 'key_id',
  stats: null,
  audit: null,
  signatures: null,
  system: null,
} as const satisfies Record<Noun, string | null>;

export type IdFields = typeof idFields;
export type Noun = keyof Procedures;
export type Verb<N extends Noun> = Exclude<
  keyof Procedures[N] & string,
  N extends keyof typeof onRestOnly ? (typeof onRestOnly)[N] : never
>;
type ProcedureOf<N extends Noun, V extends Verb<N>> = Extract<Procedures[N][V], AnyTRPCProcedure>;
export type TypeOf<N extends Noun, V extends Verb<N>> = ProcedureOf<N, V>['_def']['type'];
export type InputOf<N extends Noun, V extends Verb<N>> = inferProcedureInput<ProcedureOf<N, V>>;
/** Views contain only JSON, so this is also the type that clients get. */
export type OutputOf<N extends Noun, V extends Verb<N>> = inferProcedureOutput<ProcedureOf<N, V>>;

/** The input without the id field. */
export type FieldsOf<N extends Noun, V extends Verb<N>> = IdFields[N] extends keyof InputOf<N, V>
  ? Omit<InputOf<N, V>, IdFields[N]>
  : InputOf<N, V>;

/** The type of the id field. */
export type IdOf<N extends Noun, V extends Verb<N>> = IdFields[N] extends keyof InputOf<N, V>
  ? InputOf<N, V>[IdFields[N]]
  : never;

/** The arguments of a verb before any options. */
export type Takes<N extends Noun, V extends Verb<N>> = IdFields[N] extends keyof InputOf<N, V>
  ? [keyof FieldsOf<N, V>] extends [never]
    ? 'id'
    : 'id_and_fields'
  : 'fields';

/** A registered receiver: URL, subscribed event types and wire format. */
export type Hook = OutputOf<'hooks', 'get'>;
/** A new hook with its signing secret. */
export type CreatedHook = OutputOf<'hooks', 'create'>;
/** The results of a filter for past events. */
export type FilterPreview = OutputOf<'hooks', 'tryFilter'>;
/** A fact that was accepted for sending. */
export type Event = OutputOf<'events', 'get'>;
/** An event of a list: with its data if they were included. */
export type ListedEvent = OutputOf<'events', 'list'>['data'][number];
/** The result of `send`: the event and its deliveries are stored. */
export type EventReceipt = OutputOf<'events', 'send'>;
/** A remark on a call that succeeded. */
export type Warning = EventReceipt['warnings'][number];
/** One event for one hook. */
export type Delivery = OutputOf<'deliveries', 'list'>['data'][number];
/** A delivery with its latest attempts. */
export type DeliveryWithAttempts = OutputOf<'deliveries', 'get'>;
/** One HTTP request and its response. */
export type Attempt = DeliveryWithAttempts['attempts'][number];
/** A stored job that sends deliveries again, or cancels them. */
export type Recovery = OutputOf<'recoveries', 'get'>;
/** A stored job that deletes a tenant or a workspace. */
export type Erasure = OutputOf<'erasures', 'get'>;
/** An entry of the catalog. */
export type EventType = OutputOf<'eventTypes', 'get'>;
/** One customer of yours, with the state of its hooks. */
export type Tenant = OutputOf<'tenants', 'get'>;
/** The result of an attempt that a call waited for. */
export type SendResult = OutputOf<'hooks', 'ping'>;
export type Workspace = OutputOf<'workspaces', 'get'>;
export type ApiKey = OutputOf<'apiKeys', 'list'>['data'][number];
export type AuditEntry = OutputOf<'audit', 'list'>['data'][number];

/** The state and the settings of the server. */
export type System = OutputOf<'system', 'get'>;

/** The keys that encrypt values at rest. */
export type EncryptionKeys = OutputOf<'system', 'encryptionKeys'>;

/** Counted attempts of a hook, a tenant or a workspace. */
export type Stats = OutputOf<'stats', 'get'>;

/** An event of the stream. `id` resumes the stream after it. */
export type StreamEvent =
  | { readonly type: 'delivery'; readonly id: string; readonly data: Delivery }
  | {
      readonly type: 'hook';
      readonly id: string;
      /** `hook` is null if it no longer exists. */
      readonly data: { readonly id: string; readonly change: HookChange; readonly hook: Hook | null };
    }
  | { readonly type: 'recovery'; readonly id: string; readonly data: Recovery }
  /** Many deliveries changed: read them again. */
  | { readonly type: 'deliveries_changed'; readonly id: string; readonly data: BulkChange }
  /** Changes were missed: read everything again. */
  | { readonly type: 'reset'; readonly id: string; readonly data: Readonly<Record<string, never>> };

/** Why a request verifies or does not. */
export type SignatureExplanation = OutputOf<'signatures', 'explain'>;

type Answer<O> = O extends { readonly data: readonly (infer T)[]; readonly next_cursor: string | null }
  ? Listing<T>
  : Promise<O>;

type Method<T, Id, Fields, O> = T extends 'id'
  ? (id: Id) => Answer<O>
  : T extends 'id_and_fields'
    ? {} extends Fields
      ? (id: Id, fields?: Fields) => Answer<O>
      : (id: Id, fields: Fields) => Answer<O>
    : {} extends Fields
      ? (fields?: Fields) => Answer<O>
      : (fields: Fields) => Answer<O>;

type Methods<N extends Noun> = {
  readonly [V in Verb<N>]: Method<Takes<N, V>, IdOf<N, V>, FieldsOf<N, V>, OutputOf<N, V>>;
};

/** The fields of an event other than its type and data. */
export type SendOptions = Omit<InputOf<'events', 'send'>, 'type' | 'data'>;

/** One event of a batch. `data` is any value that JSON serializes as an object. */
export type EventToSend = SendOptions & { readonly type: string; readonly data: object };

/** The result of one event of a batch. */
export type BatchResult =
  | { readonly ok: true; readonly event: EventReceipt }
  | { readonly ok: false; readonly error: ErrorBody };

interface SendVerbs {
  /** Stores an event and its deliveries; both are on disk when this resolves. `data` is any value that JSON serializes as an object. */
  readonly send: (type: string, data: object, options?: SendOptions) => Promise<EventReceipt>;
  /** Up to 1,000 events, 1 MiB in total. An invalid event does not fail the others; results are in the order of the events. */
  readonly sendBatch: (
    events: readonly EventToSend[],
  ) => Promise<{ readonly results: readonly BatchResult[] }>;
}

/**
 * Every call by noun and verb, as in the typed client: the id first, then the fields. Calls throw only
 * BellwireError.
 */
export interface Verbs {
  readonly hooks: Methods<'hooks'>;
  readonly events: Omit<Methods<'events'>, keyof SendVerbs> & SendVerbs;
  readonly deliveries: Methods<'deliveries'>;
  readonly tenants: Methods<'tenants'>;
  readonly eventTypes: Methods<'eventTypes'>;
  readonly workspaces: Methods<'workspaces'>;
  readonly apiKeys: Methods<'apiKeys'>;
  readonly stats: Methods<'stats'>;
  readonly audit: Methods<'audit'>;
  readonly signatures: Methods<'signatures'>;
  readonly system: Methods<'system'>;
}
