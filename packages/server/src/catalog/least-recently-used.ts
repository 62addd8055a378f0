export interface LeastRecentlyUsed<Value> {
  /** The kept value, or what `make` answers, which is kept from then on. What `make` throws is thrown, and nothing kept. */
  readonly get: (key: string, make: () => Value) => Value;
}

/** Keeps the `limit` values that were asked for last. */
export const createLeastRecentlyUsed = <Value>(limit: number): LeastRecentlyUsed<Value> => {
  // A Map remembers the order in which its keys came: the first one is the one that was not used for longest.
  const kept = new Map<string, { readonly value: Value }>();

  return {
    get: (key, make) => {
      const entry = kept.get(key) ?? { value: make() };
      kept.delete(key);
      kept.set(key, entry);
      for (const oldest of kept.keys()) {
        if (kept.size <= limit) break;
        kept.delete(oldest);
      }
      return entry.value;
    },
  };
};
