/** Maximum age of a cache entry, by a monotonic clock. */
export interface MaxAge {
  readonly ms: number;
  readonly monotonic: () => number;
}

/** The options of an LRU cache with an age limit; null for none. */
export const ageOptions = (
  max_age: MaxAge | null,
): {
  readonly ttl?: number;
  readonly ttlResolution?: number;
  readonly perf?: { readonly now: () => number };
} => (max_age === null ? {} : { ttl: max_age.ms, ttlResolution: 0, perf: { now: max_age.monotonic } });
