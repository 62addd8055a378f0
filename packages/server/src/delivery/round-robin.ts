/** Keys that take turns: each stands in the ring at most once. */
export interface Ring<K> {
  readonly add: (key: K) => void;
  /** The key whose turn it is, taken out. */
  readonly next: () => K | undefined;
  readonly size: () => number;
}

export const createRing = <K>(): Ring<K> => {
  const keys = new Set<K>();
  return {
    add: (key) => keys.add(key),
    next: () => {
      // A Set iterates in the order of insertion: its first key has waited longest.
      for (const key of keys) {
        keys.delete(key);
        return key;
      }
      return undefined;
    },
    size: () => keys.size,
  };
};
