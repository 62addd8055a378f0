import type { ErrorCode, Issue } from './bellwire-error.ts';
import type { CallOptions } from './call-options.ts';
import type { Catalog } from './catalog.ts';
import type { Fetch } from './exchange.ts';
import type { Listing } from './listing.ts';
import type { ToJsonSchema } from './push.ts';
import type { RetryOptions } from './retry.ts';
import type {
  EventReceipt,
  EventType,
  FieldsOf,
  InputOf,
  Noun,
  OutputOf,
  Takes,
  Verb,
} from './router-types.ts';
import type { SchemaInput } from './standard-schema.ts';
import type { Watch } from './watch.ts';

export interface ClientOptions<C extends Catalog | undefined = undefined> {
  /** Where Bellwire runs, without a path of the API: `http://127.0.0.1:4400`. */
  readonly url: string;
  readonly api_key: string;
  /** The id of the workspace that the calls are for; only an admin key needs it. */
  readonly workspace?: string;
  /** What `send` takes: event types with a schema each. Without it every type and every JSON object. */
  readonly catalog?: C;
  /** For `eventTypes.push` where the schemas cannot do it themselves. */
  readonly to_json_schema?: ToJsonSchema;
  /** The global one unless another is given. */
  readonly fetch?: Fetch;
  /** How long one HTTP request may take, in milliseconds; 30,000. What waits for a receiver has 90,000 at least. */
  readonly timeout_ms?: number;
  /** How calls are tried again; `false` is never. */
  readonly retry?: RetryOptions | false;
}

type Answer<O> = O extends { readonly data: readonly (infer T)[]; readonly next_cursor: string | null }
  ? Listing<T>
  : Promise<O>;

type Method<T, Fields, O> = T extends 'id'
  ? (id: string, options?: CallOptions) => Answer<O>
  : T extends 'id_and_fields'
    ? {} extends Fields
      ? (id: string, fields?: Fields, options?: CallOptions) => Answer<O>
      : (id: string, fields: Fields, options?: CallOptions) => Answer<O>
    : {} extends Fields
      ? (fields?: Fields, options?: CallOptions) => Answer<O>
      : (fields: Fields, options?: CallOptions) => Answer<O>;

type Methods<N extends Noun> = {
  readonly [V in Verb<N>]: Method<Takes<N, V>, FieldsOf<N, V>, OutputOf<N, V>>;
};

type EventFields = Omit<InputOf<'events', 'send'>, 'type' | 'data'>;

/** What goes with an event beside its type and data. The key is made when there is none. */
export type SendOptions = EventFields & CallOptions;

/** One event of a batch. `data` is anything that JSON writes as an object. */
export type EventToSend = EventFields & { readonly type: string; readonly data: object };

/** What became of one event of a batch. */
export type BatchResult =
  | { readonly ok: true; readonly event: EventReceipt }
  | {
      readonly ok: false;
      readonly error: {
        readonly code: ErrorCode;
        readonly message: string;
        readonly issues?: readonly Issue[];
      };
    };

type AnyEvents = {
  /** Stores an event and its deliveries. With an idempotency key, so that the client may try again: the one given, or one made for this call. Code that may call again itself, such as a job, gives its own. */
  readonly send: (type: string, data: object, options?: SendOptions) => Promise<EventReceipt>;
  /** Up to 1,000 events of 1 MiB together. A bad one does not fail its neighbours; results stand in the order of the events. */
  readonly sendBatch: (
    events: readonly EventToSend[],
    options?: CallOptions,
  ) => Promise<{ readonly results: readonly BatchResult[] }>;
};

type TypedEvents<C extends Catalog> = {
  /** Checks the data with its schema, then stores what the schema put out. @throws BellwireError `schema_violation` */
  readonly send: <T extends keyof C & string>(
    type: T,
    data: SchemaInput<C[T]>,
    options?: SendOptions,
  ) => Promise<EventReceipt>;
  /** Up to 1,000 events of 1 MiB together. A bad one does not fail its neighbours; results stand in the order of the events. */
  readonly sendBatch: (
    events: readonly {
      readonly [T in keyof C & string]: EventFields & { readonly type: T; readonly data: SchemaInput<C[T]> };
    }[keyof C & string][],
    options?: CallOptions,
  ) => Promise<{ readonly results: readonly BatchResult[] }>;
};

type Push<C extends Catalog | undefined> = C extends Catalog
  ? (catalog?: Catalog, options?: CallOptions) => Promise<readonly EventType[]>
  : (catalog: Catalog, options?: CallOptions) => Promise<readonly EventType[]>;

/** Every call of Bellwire, a group a noun. Each throws BellwireError and nothing else. */
export type Client<C extends Catalog | undefined = undefined> = {
  readonly [N in Exclude<Noun, 'events' | 'deliveries' | 'eventTypes'>]: Methods<N>;
} & {
  readonly events: Omit<Methods<'events'>, 'send' | 'sendBatch'> &
    (C extends Catalog ? TypedEvents<C> : AnyEvents);
  readonly deliveries: Methods<'deliveries'> & { readonly watch: Watch };
  readonly eventTypes: Methods<'eventTypes'> & {
    /** Publishes the client's catalog, or another, to the server as JSON Schema. */
    readonly push: Push<C>;
  };
};
