import type { AttemptRecord } from '../ports/store.ts';

/** Lets callers wait for the next attempt of a delivery. */
export class AttemptWatch {
  readonly #watched = new Map<string, PromiseWithResolvers<AttemptRecord | null>>();

  /** The next attempt once it is recorded; null when the delivery was given back unsent. To be called before it is sent. */
  watch(delivery_id: string): Promise<AttemptRecord | null> {
    const known = this.#watched.get(delivery_id);
    if (known !== undefined) return known.promise;
    const watched = Promise.withResolvers<AttemptRecord | null>();
    this.#watched.set(delivery_id, watched);
    return watched.promise;
  }

  end(delivery_id: string, attempt: AttemptRecord | null): void {
    this.#watched.get(delivery_id)?.resolve(attempt);
    this.#watched.delete(delivery_id);
  }
}
