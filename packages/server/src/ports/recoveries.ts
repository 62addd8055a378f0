import type { RecoveryFilter, RecoveryKind, RecoveryStatus, RecoveryTally } from '../core/recovery.ts';
import type { Page, PageQuery } from './page.ts';

/** A stored job that sends deliveries again, or cancels them. */
export interface Recovery {
  readonly id: string;
  readonly workspace_id: string;
  readonly kind: RecoveryKind;
  readonly status: RecoveryStatus;
  readonly filter: RecoveryFilter;
  /** The tenant to whose hooks every covered delivery goes; null if they can belong to others. */
  readonly owner: string | null;
  /** Covered so far. */
  readonly tally: RecoveryTally;
  /** From 0 to 1: the part of its time range, or of its deliveries, that it has examined. */
  readonly progress: number;
  readonly created_at: number;
  readonly updated_at: number;
  readonly completed_at: number | null;
}

export type NewRecovery = Pick<Recovery, 'id' | 'workspace_id' | 'kind' | 'filter' | 'owner' | 'created_at'>;

/** Identifies a running job. */
export type RecoveryRef = Pick<Recovery, 'workspace_id' | 'id'>;

/** One bounded step of a count. */
export interface CountSlice {
  readonly tally: RecoveryTally;
  /** The `from` of the next slice; null after the last one. */
  readonly next: CountPosition | null;
}

export interface CountPosition {
  readonly phase: 'deliveries' | 'missed';
  readonly after: string | null;
}

export interface AdvanceOptions {
  /** Maximum number of deliveries to change. */
  readonly limit: number;
  readonly now: number;
  readonly newId: () => string;
}

/**
 * Stores the jobs and advances them in slices. Reads run beside commits; each write changes at most one slice together
 * with the position of its job, so that a delivery is covered once, whenever the process dies.
 */
export interface Recoveries {
  /** Counts what a job with this filter would cover. */
  readonly count: (
    workspace_id: string,
    filter: RecoveryFilter,
    count: { readonly kind: Recovery['kind']; readonly from: CountPosition; readonly now: number },
  ) => Promise<CountSlice>;
  /** The first of the deliveries that does not exist, and the first whose event has no payload anymore. */
  readonly checkDeliveries: (
    workspace_id: string,
    ids: readonly string[],
  ) => Promise<{ readonly unknown: string | null; readonly payload_expired: string | null }>;
  readonly create: (recovery: NewRecovery) => Promise<Recovery>;
  readonly list: (
    workspace_id: string,
    filter: { readonly owner?: string | undefined },
    page: PageQuery,
  ) => Promise<Page<Recovery>>;
  readonly get: (workspace_id: string, id: string) => Promise<Recovery | null>;
  /** Ends a running job; what it has covered stays so. `ended` if it had ended before, null if it does not exist. */
  readonly cancel: (workspace_id: string, id: string, now: number) => Promise<'canceled' | 'ended' | null>;
  /** The longest waiting running job of the next workspace after `after` that has one; null if none is running. */
  readonly next: (after: string) => Promise<RecoveryRef | null>;
  readonly countRunning: () => Promise<number>;
  /** The running jobs of a workspace with this owner. */
  readonly countRunningOf: (owner: Pick<Recovery, 'workspace_id' | 'owner'>) => Promise<number>;
  /** Advances a running job by one slice. */
  readonly advance: (recovery: RecoveryRef, options: AdvanceOptions) => Promise<void>;
  /** Deletes jobs that ended before `before`. */
  readonly prune: (before: number) => Promise<void>;
}
