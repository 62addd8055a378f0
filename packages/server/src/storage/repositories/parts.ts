import type { Caches } from '../caches.ts';
import type { Cipher } from '../cipher.ts';
import type { Invalidations } from '../invalidations.ts';

/** The dependencies of the repositories besides their connections. */
export interface RepositoryParts {
  readonly caches: Caches;
  readonly cipher: Cipher;
  /** Receives every change to a row that a cache may hold. */
  readonly invalidations: Invalidations;
  /** The id of an event for receivers of a dialect; null if it is the event's own id. */
  readonly wireIdOf: (dialect: string, event_id: string) => string | null;
}
