/** How long a cache uses an entry without reading it again, by a clock that never jumps. */
export interface MaxAge {
  readonly ms: number;
  /** Milliseconds. */
  readonly monotonic: () => number;
}

/** The options of an LRU cache for an age limit; null means none. */
export const ageOptions = (
  max_age: MaxAge | null,
): {
  readonly ttl?: number;
  readonly ttlResolution?: number;
  readonly perf?: { readonly now: () => number };
} => (max_age === null ? {} : { ttl: max_age.ms, ttlResolution: 0, perf: { now: max_age.monotonic } });
