import type { AnyTRPCProcedure, inferProcedureInput, inferProcedureOutput } from '@trpc/server';
import type { Listing } from './listing.ts';
import type { AppRouter } from './router.ts';
import type { ErrorBody } from './to-error.ts';

type Procedures = AppRouter['_def']['record'];

/** Second names for the sake of REST's paths: `hooks.test` and `deliveries.list({ hook_id })` do the same. */
export const onRestOnly = { hooks: 'testAny', deliveries: 'listOfHook' } as const;

/** The input field that names one of a noun: the first argument of every verb that takes it. */
export const idFields = {
  hooks: 'hook_id',
  events: 'event_id',
  deliveries: 'delivery_id',
  eventTypes: 'name',
  workspaces: 'workspace_id',
  apiKeys: 'key_id',
  audit: null,
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
/** The views hold nothing but JSON, so this is also what arrives at a client. */
export type OutputOf<N extends Noun, V extends Verb<N>> = inferProcedureOutput<ProcedureOf<N, V>>;

/** The input without the field that the first argument holds. */
export type FieldsOf<N extends Noun, V extends Verb<N>> = IdFields[N] extends keyof InputOf<N, V>
  ? Omit<InputOf<N, V>, IdFields[N]>
  : InputOf<N, V>;

/** The arguments of a verb before any options. */
export type Takes<N extends Noun, V extends Verb<N>> = IdFields[N] extends keyof InputOf<N, V>
  ? [keyof FieldsOf<N, V>] extends [never]
    ? 'id'
    : 'id_and_fields'
  : 'fields';

/** A registration: where events go, which ones, and how they look there. */
export type Hook = OutputOf<'hooks', 'get'>;
/** A hook as it is created, with its signing secret. */
export type CreatedHook = OutputOf<'hooks', 'create'>;
/** One fact that was accepted for sending. */
export type Event = OutputOf<'events', 'get'>;
/** The answer to `send`: the event is stored, and so are its deliveries. */
export type EventReceipt = OutputOf<'events', 'send'>;
/** One event for one hook. */
export type Delivery = OutputOf<'deliveries', 'list'>['data'][number];
/** A delivery with all that was tried. */
export type DeliveryWithAttempts = OutputOf<'deliveries', 'get'>;
/** One HTTP request and its response. */
export type Attempt = DeliveryWithAttempts['attempts'][number];
/** An entry of the catalog. */
export type EventType = OutputOf<'eventTypes', 'get'>;
export type Workspace = OutputOf<'workspaces', 'get'>;
export type ApiKey = OutputOf<'apiKeys', 'list'>['data'][number];
export type AuditEntry = OutputOf<'audit', 'list'>['data'][number];

type Answer<O> = O extends { readonly data: readonly (infer T)[]; readonly next_cursor: string | null }
  ? Listing<T>
  : Promise<O>;

type Method<T, Fields, O> = T extends 'id'
  ? (id: string) => Answer<O>
  : T extends 'id_and_fields'
    ? {} extends Fields
      ? (id: string, fields?: Fields) => Answer<O>
      : (id: string, fields: Fields) => Answer<O>
    : {} extends Fields
      ? (fields?: Fields) => Answer<O>
      : (fields: Fields) => Answer<O>;

type Methods<N extends Noun> = {
  readonly [V in Verb<N>]: Method<Takes<N, V>, FieldsOf<N, V>, OutputOf<N, V>>;
};

/** The fields of an event other than its type and data. */
export type SendOptions = Omit<InputOf<'events', 'send'>, 'type' | 'data'>;

/** One event of a batch. `data` is anything that JSON writes as an object. */
export type EventToSend = SendOptions & { readonly type: string; readonly data: object };

/** The result of one event of a batch. */
export type BatchResult =
  | { readonly ok: true; readonly event: EventReceipt }
  | { readonly ok: false; readonly error: ErrorBody };

interface SendVerbs {
  /** Stores an event and its deliveries; both are on disk when this resolves. `data` is anything that JSON writes as an object. */
  readonly send: (type: string, data: object, options?: SendOptions) => Promise<EventReceipt>;
  /** Up to 1,000 events of 1 MiB together. A bad one does not fail its neighbours; results are in the order of the events. */
  readonly sendBatch: (
    events: readonly EventToSend[],
  ) => Promise<{ readonly results: readonly BatchResult[] }>;
}

/**
 * Every call of Bellwire by noun and verb, in the shape of the typed client: the id first, then the fields. Each
 * throws BellwireError and nothing else.
 */
export interface Verbs {
  readonly hooks: Methods<'hooks'>;
  readonly events: Omit<Methods<'events'>, keyof SendVerbs> & SendVerbs;
  readonly deliveries: Methods<'deliveries'>;
  readonly eventTypes: Methods<'eventTypes'>;
  readonly workspaces: Methods<'workspaces'>;
  readonly apiKeys: Methods<'apiKeys'>;
  readonly audit: Methods<'audit'>;
}
