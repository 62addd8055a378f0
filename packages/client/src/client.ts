import type { ErrorCode, Issue } from './bellwire-error.ts';
import type { Catalog } from './catalog.ts';
import type { Fetch } from './exchange.ts';
import type { Listing } from './listing.ts';
import type { ToJsonSchema } from './push.ts';
import type { CallOptions, RetryOptions } from './retry.ts';
import type {
  EventReceipt,
  EventType,
  FieldsOf,
  IdOf,
  InputOf,
  Noun,
  OutputOf,
  Takes,
  Verb,
} from '@bellwire/server';
import type { SchemaInput } from './standard-schema.ts';
import type { Stream } from './stream.ts';
import type { Watch } from './watch.ts';

export interface ClientOptions<C extends Catalog | undefined = undefined> {
  /** The URL of the server without an API path, like `http://127.0.0.1:4400`. */
  readonly url: string;
  /** Null only in a page of the console, where the cookie of its session authenticates. */
  readonly api_key: string | null;
  /** The id of the workspace to use with an admin key; the default workspace if absent. */
  readonly workspace?: string;
  /** The event types that `send` accepts, with their schemas. Without it, `send` accepts every type and JSON object. */
  readonly catalog?: C;
  /** Converts schemas for `eventTypes.push` if their library cannot. */
  readonly to_json_schema?: ToJsonSchema;
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch;
  /** The time limit of one HTTP request, in milliseconds (default 30,000). Slow calls get at least 90,000. */
  readonly timeout_ms?: number;
  /** The retry policy; `false` disables retries. */
  readonly retry?: RetryOptions | false;
}

type Result<O> = O extends { readonly data: readonly (infer T)[]; readonly next_cursor: string | null }
  ? Listing<T>
  : Promise<O>;

type FieldsAndOptions<F> = {} extends F
  ? [fields?: F, options?: CallOptions]
  : [fields: F, options?: CallOptions];

type Method<T, Id, F, O> = T extends 'id'
  ? (id: Id, options?: CallOptions) => Result<O>
  : (...args: T extends 'fields' ? FieldsAndOptions<F> : [id: Id, ...FieldsAndOptions<F>]) => Result<O>;

type Methods<N extends Noun> = {
  readonly [V in Verb<N>]: Method<Takes<N, V>, IdOf<N, V>, FieldsOf<N, V>, OutputOf<N, V>>;
};

type EventFields = Omit<InputOf<'events', 'send'>, 'type' | 'data'>;

/** The optional fields of an event. If there is no idempotency key, the client generates one. */
export type SendOptions = EventFields & CallOptions;

/** One event of a batch. `data` must serialize to a JSON object. */
export type EventToSend = EventFields & { readonly type: string; readonly data: object };

/** The result of one event of a batch. */
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

/** Sends up to 1,000 events of at most 1 MiB in total. Events fail separately; results have the order of the events. */
type SendBatch<E> = (
  events: readonly E[],
  options?: CallOptions,
) => Promise<{ readonly results: readonly BatchResult[] }>;

type AnyEvents = {
  /**
   * Stores an event and its deliveries. The client generates an idempotency key, so that it can retry; pass your own if
   * your code may repeat the call.
   */
  readonly send: (type: string, data: object, options?: SendOptions) => Promise<EventReceipt>;
  readonly sendBatch: SendBatch<EventToSend>;
};

type TypedEvents<C extends Catalog> = {
  /** Validates the data, then stores the output of its schema. @throws BellwireError `schema_violation` */
  readonly send: <T extends keyof C & string>(
    type: T,
    data: SchemaInput<C[T]>,
    options?: SendOptions,
  ) => Promise<EventReceipt>;
  readonly sendBatch: SendBatch<
    {
      readonly [T in keyof C & string]: EventFields & { readonly type: T; readonly data: SchemaInput<C[T]> };
    }[keyof C & string]
  >;
};

type Push<C extends Catalog | undefined> = C extends Catalog
  ? (catalog?: Catalog, options?: CallOptions) => Promise<readonly EventType[]>
  : (catalog: Catalog, options?: CallOptions) => Promise<readonly EventType[]>;

/** Every call of Bellwire, grouped by noun. They throw only BellwireError. */
export type Client<C extends Catalog | undefined = undefined> = {
  readonly stream: Stream;
} & {
  readonly [N in Exclude<Noun, 'events' | 'deliveries' | 'eventTypes'>]: Methods<N>;
} & {
  readonly events: Omit<Methods<'events'>, 'send' | 'sendBatch'> &
    (C extends Catalog ? TypedEvents<C> : AnyEvents);
  readonly deliveries: Methods<'deliveries'> & { readonly watch: Watch };
  readonly eventTypes: Methods<'eventTypes'> & {
    /** Publishes the client's catalog, or another one, to the server as JSON Schema. */
    readonly push: Push<C>;
  };
};
