import type { AppRouter } from '@bellwire/server';
import type { AnyTRPCProcedure, inferProcedureInput, inferProcedureOutput } from '@trpc/server';

type Procedures = AppRouter['_def']['record'];

/** What stands twice for the sake of REST's paths: here `hooks.test` and `deliveries.list({ hook_id })` do it. */
interface OnRestOnly {
  readonly hooks: 'testAny';
  readonly deliveries: 'listOfHook';
}

export type Noun = keyof Procedures;
export type Verb<N extends Noun> = Exclude<
  keyof Procedures[N] & string,
  N extends keyof OnRestOnly ? OnRestOnly[N] : never
>;
type ProcedureOf<N extends Noun, V extends Verb<N>> = Extract<Procedures[N][V], AnyTRPCProcedure>;
export type TypeOf<N extends Noun, V extends Verb<N>> = ProcedureOf<N, V>['_def']['type'];
export type InputOf<N extends Noun, V extends Verb<N>> = inferProcedureInput<ProcedureOf<N, V>>;
/** As the server makes it: its views hold nothing but JSON, so that is also what arrives. */
export type OutputOf<N extends Noun, V extends Verb<N>> = inferProcedureOutput<ProcedureOf<N, V>>;

/** One page of a list. `next_cursor` is null on the last one. */
export interface Page<T> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
}

/** A registration: where events go, which ones, and how they look there. */
export type Hook = OutputOf<'hooks', 'get'>;
/** A hook as it is made, with its signing secret. */
export type CreatedHook = OutputOf<'hooks', 'create'>;
/** One fact that was accepted for sending. */
export type Event = OutputOf<'events', 'get'>;
/** What `send` answers: the event is stored, and so are its deliveries. */
export type EventReceipt = OutputOf<'events', 'send'>;
/** One event for one hook. */
export type Delivery = OutputOf<'deliveries', 'list'>['data'][number];
/** A delivery with all that was tried. */
export type DeliveryWithAttempts = OutputOf<'deliveries', 'get'>;
/** One HTTP request, and what came back. */
export type Attempt = DeliveryWithAttempts['attempts'][number];
/** An entry of the catalog. */
export type EventType = OutputOf<'eventTypes', 'get'>;
export type Workspace = OutputOf<'workspaces', 'get'>;
export type ApiKey = OutputOf<'apiKeys', 'list'>['data'][number];
export type AuditEntry = OutputOf<'audit', 'list'>['data'][number];
