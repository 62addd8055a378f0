import type { Caches } from '../caches.ts';
import type { Cipher } from '../cipher.ts';
import type { Invalidations } from '../invalidations.ts';

/** What repositories share beside their connections. */
export interface RepositoryParts {
  readonly caches: Caches;
  readonly cipher: Cipher;
  /** Where every change of a row is announced that a cache may hold. */
  readonly invalidations: Invalidations;
  /** The id by which receivers of a dialect know an event; null where that is the event's own id. */
  readonly wireIdOf: (dialect: string, event_id: string) => string | null;
}
