import type { Schema } from '../schema.ts';

export interface StopTarget {
  readonly to: 'held' | 'canceled';
  readonly failure_reason: 'hook_deleted' | 'erased' | null;
}

/** The mark of a hook whose waiting deliveries still change. */
export type Stopping = NonNullable<Schema['bellwire_hooks']['stopping']>;

/** The status and the reason of the waiting deliveries of a hook, by its mark. */
export const STOP_TARGETS: Readonly<Record<Stopping, StopTarget>> = {
  held: { to: 'held', failure_reason: null },
  canceled: { to: 'canceled', failure_reason: 'hook_deleted' },
  erased: { to: 'canceled', failure_reason: 'erased' },
};
