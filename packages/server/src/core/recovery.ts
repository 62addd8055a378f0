import type { OutcomeKind } from './outcome.ts';

/** The statuses that a recovery can send again. `missed`: the hook has no delivery of an event that it subscribes to. */
export const recoverableStatuses = ['failed', 'held', 'pending', 'missed', 'succeeded'] as const;
export type RecoverableStatus = (typeof recoverableStatuses)[number];

/** The default statuses of a recovery: those of deliveries that their receivers have not accepted yet. */
export const DEFAULT_RECOVERED: readonly RecoverableStatus[] = ['failed', 'held', 'pending'];

/** The statuses in which a delivery can be canceled: it waits for an attempt. */
export const cancelableStatuses = ['pending', 'held'] as const;

export const recoveryKinds = ['recover', 'cancel'] as const;
/** `recover` sends deliveries again; `cancel` ends them. */
export type RecoveryKind = (typeof recoveryKinds)[number];

export type RecoveryStatus = 'running' | 'completed' | 'canceled';

/** A job walks over the deliveries first, then over the events that were missed. */
export type RecoveryPhase = 'deliveries' | 'missed';

/** The phase in which a job with these statuses starts. */
export const firstPhase = (statuses: readonly RecoverableStatus[]): RecoveryPhase =>
  statuses.some((status) => status !== 'missed') ? 'deliveries' : 'missed';

/** The deliveries of a workspace that a job covers. All given fields must match. */
export interface RecoveryFilter {
  /** Only these; null for every delivery that matches the other fields. */
  readonly delivery_ids: readonly string[] | null;
  /** Null for every hook. */
  readonly hook_id: string | null;
  readonly tenant: string | null;
  readonly event_type: string | null;
  /** The outcome of the last attempt. */
  readonly outcome: OutcomeKind | null;
  /** Milliseconds, inclusive: when the delivery was created; for `missed`, when the event was accepted. */
  readonly since: number;
  /** Milliseconds, exclusive. */
  readonly until: number;
  readonly statuses: readonly RecoverableStatus[];
}

/** The deliveries that a job has covered so far, or would cover. */
export interface RecoveryTally {
  /** Deliveries by the status that they had. */
  readonly counts: Readonly<Record<RecoverableStatus, number>>;
  readonly skipped: {
    /** Matching deliveries of hooks that are not active. */
    readonly hook_not_active: number;
    /** Matching deliveries of events whose payload has been removed. */
    readonly payload_expired: number;
    /** Matching deliveries whose status changed before the job reached them. */
    readonly changed: number;
  };
  /** The covered deliveries that are sent outside the order of their ordered hook: they had ended, or have no place in it. */
  readonly outside_order: number;
  /** When the oldest and the newest of them were created; null without any. */
  readonly oldest: number | null;
  readonly newest: number | null;
}

export const EMPTY_TALLY: RecoveryTally = {
  counts: { failed: 0, held: 0, pending: 0, missed: 0, succeeded: 0 },
  skipped: { hook_not_active: 0, payload_expired: 0, changed: 0 },
  outside_order: 0,
  oldest: null,
  newest: null,
};

const lesser = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);
const greater = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.max(a, b);

export const addTallies = (a: RecoveryTally, b: RecoveryTally): RecoveryTally => ({
  counts: {
    failed: a.counts.failed + b.counts.failed,
    held: a.counts.held + b.counts.held,
    pending: a.counts.pending + b.counts.pending,
    missed: a.counts.missed + b.counts.missed,
    succeeded: a.counts.succeeded + b.counts.succeeded,
  },
  skipped: {
    hook_not_active: a.skipped.hook_not_active + b.skipped.hook_not_active,
    payload_expired: a.skipped.payload_expired + b.skipped.payload_expired,
    changed: a.skipped.changed + b.skipped.changed,
  },
  outside_order: a.outside_order + b.outside_order,
  oldest: lesser(a.oldest, b.oldest),
  newest: greater(a.newest, b.newest),
});

/** The number of deliveries in a tally. */
export const totalOf = ({ counts }: RecoveryTally): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
