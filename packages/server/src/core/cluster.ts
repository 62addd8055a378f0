import type { LeaseWindow } from './lease-window.ts';

/** The place of this node among those that share a database. */
export interface Cluster {
  /** Whether this node does what must happen once, such as retention. At most one node at a time. */
  readonly isLeader: () => boolean;
  /**
   * False if another node may have taken over a lease of this one: since `leased_at`, it has not reached the database for
   * seconds.
   */
  readonly holdsLease: (leased_at: number) => boolean;
  /** The part of a limit of all nodes that this one may use; at least 1. */
  readonly shareOf: (limit: number) => number;
  /** The number of nodes that are alive, this one included. */
  readonly size: () => number;
  /** The same as `holdsLease`, for the moment in which a request is written; null for a node that owns its database. */
  readonly lease_window: LeaseWindow | null;
}

/** The cluster of a node that owns its database. */
export const ALONE: Cluster = {
  isLeader: () => true,
  holdsLease: () => true,
  shareOf: (limit) => limit,
  size: () => 1,
  lease_window: null,
};
