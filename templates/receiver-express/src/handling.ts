import type { Events } from './events.ts';

/** An event as a handler gets it. */
export interface Received<Type extends string = string, Types = Events> {
  /** The same every time the sender sends this event, so that handlers can deduplicate. */
  readonly id: string;
  readonly type: Type;
  /** Not checked against the type. */
  readonly data: Type extends keyof Types ? Types[Type] : unknown;
  /** The state before the change, if the sender includes it. */
  readonly previous_data?: unknown;
  /** ISO 8601. */
  readonly received_at: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** The whole body. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A handler for each event type, or for some. A promise counts when it is fulfilled. */
export type HandlersOf<Types> = {
  readonly [Type in keyof Types & string]?: (event: Received<Type, Types>) => Promise<void> | void;
};

export type Handlers = HandlersOf<Events>;

/** Handles an event of any type. If it throws, the event is tried again. */
export type Handle = (event: Received) => Promise<void> | void;

/** The handler of the event's type, or `otherwise`. */
export const handleBy = (handlers: Handlers, otherwise: Handle): Handle => {
  // A handler gets only events of its own type, which the compiler cannot follow.
  const byType = new Map(Object.entries(handlers) as readonly (readonly [string, Handle | undefined])[]);
  return (event) => (byType.get(event.type) ?? otherwise)(event);
};
