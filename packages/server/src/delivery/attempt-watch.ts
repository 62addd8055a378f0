import { leaseKey } from '../core/lease.ts';
import type { AttemptRecord, Lease } from '../ports/store.ts';

/** Lets callers wait for the attempt of a lease. */
export class AttemptWatch {
  readonly #watched = new Map<string, PromiseWithResolvers<AttemptRecord | null>>();

  /** The attempt once it is recorded; null if the delivery was returned unsent. Call it before the delivery is sent. */
  watch(lease: Lease): Promise<AttemptRecord | null> {
    const key = leaseKey(lease);
    const watched = this.#watched.get(key) ?? Promise.withResolvers<AttemptRecord | null>();
    this.#watched.set(key, watched);
    return watched.promise;
  }

  end(lease: Lease, attempt: AttemptRecord | null): void {
    // As for nearly every attempt.
    if (this.#watched.size === 0) return;
    this.#watched.get(leaseKey(lease))?.resolve(attempt);
    this.#watched.delete(leaseKey(lease));
  }

  /** Resolves all remaining watches with null: this process will not record their attempts. */
  endAll(): void {
    for (const watched of this.#watched.values()) watched.resolve(null);
    this.#watched.clear();
  }
}
