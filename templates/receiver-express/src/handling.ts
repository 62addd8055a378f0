import type { Events } from './events.ts';

/** An event as a handler gets it. */
export interface Received<Type extends string = string, Types = Events> {
  /** The same whenever the sender sends this event: what a handler tells a repetition by. */
  readonly id: string;
  readonly type: Type;
  /** As the sender promises it: nothing here checks it against the type. */
  readonly data: Type extends keyof Types ? Types[Type] : unknown;
  /** How things were before, where the sender tells it. */
  readonly previous_data?: unknown;
  /** ISO 8601. */
  readonly received_at: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** Everything that was in the body. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A handler for each event type, or for some. A promise counts when it is fulfilled. */
export type HandlersOf<Types> = {
  readonly [Type in keyof Types & string]?: (event: Received<Type, Types>) => Promise<void> | void;
};

export type Handlers = HandlersOf<Events>;

/** Handles an event of whatever type; a throw means that it is to be tried again. */
export type Handle = (event: Received) => Promise<void> | void;

/** The handler of the event's type, or `otherwise`. */
export const handleBy = (handlers: Handlers, otherwise: Handle): Handle => {
  // A handler gets events of its own type only, which the compiler cannot follow.
  const byType = new Map(Object.entries(handlers) as readonly (readonly [string, Handle | undefined])[]);
  return (event) => (byType.get(event.type) ?? otherwise)(event);
};
