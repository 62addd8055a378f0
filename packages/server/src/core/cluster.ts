/** The place of this node among those that share a database. */
export interface Cluster {
  /** Whether this node does what must happen once, such as retention. At most one node at a time. */
  readonly isLeader: () => boolean;
  /** False if other nodes may have taken over the leases of this one, because it has not reached the database for seconds. */
  readonly holdsLeases: () => boolean;
  /** The part of a limit of all nodes that this one may use; at least 1. */
  readonly shareOf: (limit: number) => number;
}

/** The cluster of a node that owns its database. */
export const ALONE: Cluster = {
  isLeader: () => true,
  holdsLeases: () => true,
  shareOf: (limit) => limit,
};
