import type { AttemptRecord, Lease } from '../ports/store.ts';

const keyOf = ({ delivery, lease_token }: Lease): string => `${delivery.id} ${lease_token}`;

/** Lets callers wait for the attempt of a lease. */
export class AttemptWatch {
  readonly #watched = new Map<string, PromiseWithResolvers<AttemptRecord | null>>();

  /** The attempt once it is recorded; null when the delivery was given back unsent. To be called before it is sent. */
  watch(lease: Lease): Promise<AttemptRecord | null> {
    const known = this.#watched.get(keyOf(lease));
    if (known !== undefined) return known.promise;
    const watched = Promise.withResolvers<AttemptRecord | null>();
    this.#watched.set(keyOf(lease), watched);
    return watched.promise;
  }

  end(lease: Lease, attempt: AttemptRecord | null): void {
    this.#watched.get(keyOf(lease))?.resolve(attempt);
    this.#watched.delete(keyOf(lease));
  }

  /** Answers all that still wait: their attempts will not be recorded by this process. */
  endAll(): void {
    for (const watched of this.#watched.values()) watched.resolve(null);
    this.#watched.clear();
  }
}
