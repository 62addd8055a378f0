import { LRUCache } from 'lru-cache';
import { atMost } from '../core/at-most.ts';
import { ageOptions, type MaxAge } from './max-age.ts';

export interface LoadingCacheOptions<V> {
  readonly load: (key: string) => Promise<V>;
  /** Maximum number of entries, beyond which the LRU policy applies. */
  readonly max: number;
  /** Maximum age of an entry; null if no other process can change the database. */
  readonly max_age: MaxAge | null;
}

/**
 * A cache over an asynchronous `load`, with one load at a time per key. A load whose key is deleted meanwhile is not
 * kept, nor is a failed one.
 */
export class LoadingCache<V> {
  readonly #entries: LRUCache<string, Promise<V>>;
  readonly #load: (key: string) => Promise<V>;

  constructor({ load, max, max_age }: LoadingCacheOptions<V>) {
    this.#load = load;
    // The age counts from the start of the load, so that a value read before a change does not outlive the limit.
    this.#entries = new LRUCache({ ...atMost(max), ...ageOptions(max_age) });
  }

  get(key: string): Promise<V> {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const loading = this.#load(key);
    this.#entries.set(key, loading);
    loading.catch(() => {
      if (this.#entries.peek(key) === loading) this.#entries.delete(key);
    });
    return loading;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Deletes every key that starts with `prefix`. Takes time for each entry of the cache. */
  deletePrefix(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }
}
