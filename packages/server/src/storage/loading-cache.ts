import { LRUCache } from 'lru-cache';
import { ageOptions, type MaxAge } from './max-age.ts';

export interface LoadingCacheOptions<V> {
  readonly load: (key: string) => Promise<V>;
  /** Entries that are kept; the least recently used one goes first. */
  readonly max: number;
  /** How long an entry is used without loading it again; null where no other process can change the database. */
  readonly max_age: MaxAge | null;
}

/**
 * A cache over an asynchronous `load`: one load at a time for a key. A load that was under way when its key was
 * deleted is not kept, and a failed one is not either.
 */
export class LoadingCache<V> {
  readonly #entries: LRUCache<string, Promise<V>>;
  readonly #load: (key: string) => Promise<V>;

  constructor({ load, max, max_age }: LoadingCacheOptions<V>) {
    this.#load = load;
    // The age counts from the start of the load: what was read before a change must not outlive the limit.
    this.#entries = new LRUCache({ max, ...ageOptions(max_age) });
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
}
