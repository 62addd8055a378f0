import { LRUCache } from 'lru-cache';
import { atMost } from '../core/at-most.ts';
import { atAnyTime, type InTime } from './in-time.ts';
import { ageOptions, type MaxAge } from './max-age.ts';

export interface LoadingCacheOptions<V> {
  readonly load: (key: string) => Promise<V>;
  /** Maximum number of entries, beyond which the LRU policy applies. */
  readonly max: number;
  /** Maximum age of an entry; null if no other process can change the database. */
  readonly max_age: MaxAge | null;
  /** Limits how long callers wait for a load. */
  readonly inTime?: InTime;
}

/**
 * A cache over an asynchronous `load`, with one load at a time per key. A load whose key is deleted meanwhile is not
 * kept, nor is a failed one. A late one is kept, and callers do not wait for it again.
 */
export class LoadingCache<V> {
  readonly #entries: LRUCache<string, { value: Promise<V> }>;
  readonly #load: (key: string) => Promise<V>;
  readonly #inTime: InTime;

  constructor({ load, max, max_age, inTime = atAnyTime }: LoadingCacheOptions<V>) {
    this.#load = load;
    this.#inTime = inTime;
    // The age counts from the start of the load, so that a value read before a change does not outlive the limit.
    this.#entries = new LRUCache({ ...atMost(max), ...ageOptions(max_age) });
  }

  get(key: string): Promise<V> {
    const known = this.#entries.get(key);
    if (known !== undefined) return known.value;
    const loading = this.#load(key);
    const entry = { value: this.#inTime(loading) };
    this.#entries.set(key, entry);
    void this.#keep(entry, { key, loading });
    return entry.value;
  }

  async #keep(
    entry: { value: Promise<V> },
    { key, loading }: { readonly key: string; readonly loading: Promise<V> },
  ): Promise<void> {
    try {
      await loading;
      entry.value = loading;
    } catch {
      if (this.#entries.peek(key) === entry) this.#entries.delete(key);
    }
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Deletes every key that starts with `prefix`. Takes time for each entry of the cache. */
  deletePrefix(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }
}
