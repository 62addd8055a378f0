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

/** A handler for each event type, or for some. If it throws or its promise is rejected, it runs again later. */
export type Handlers<Types = Events> = {
  readonly [Type in keyof Types & string]?: (event: Received<Type, Types>) => Promise<void> | void;
};
