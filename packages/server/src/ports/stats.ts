import type { StatsCounts } from '../core/attempt-stats.ts';
import type { StatsRange } from '../core/stats-range.ts';

/** What statistics are about. */
export type StatsOf =
  | { readonly kind: 'hook'; readonly workspace_id: string; readonly hook_id: string }
  | { readonly kind: 'tenant'; readonly workspace_id: string; readonly tenant: string }
  | { readonly kind: 'workspace'; readonly workspace_id: string };

/** The deliveries that are due and not yet being sent. */
export interface Backlog {
  readonly due: number;
  /** When the longest due one was due; null if none is. */
  readonly oldest_due_at: number | null;
  /** False if there are more deliveries or hooks than one read examines: `due` is then a lower bound. */
  readonly is_exact: boolean;
}

export interface StatsReader {
  /** The buckets that have attempts, by their start. Costs a step per minute or hour of the range, never one per attempt. */
  readonly counts: (of: StatsOf, range: StatsRange) => Promise<ReadonlyMap<number, StatsCounts>>;
  /** Examines at most 2,000 hooks and 10,000 deliveries. A tenant's are those of its own hooks. */
  readonly backlog: (of: StatsOf, now: number) => Promise<Backlog>;
  /**
   * When the longest due delivery of each workspace was due, without those for hooks that receive operational events.
   * Examines at most 10,000 hooks.
   */
  readonly oldestDue: (now: number) => Promise<ReadonlyMap<string, number>>;
}
