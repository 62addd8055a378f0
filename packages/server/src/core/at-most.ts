const one = (): number => 1;

/**
 * The limit of an LRU cache, in entries. Its memory grows with them, while an LRU cache with `max` fills arrays for all
 * of its entries when it is created: for 50,000, that takes 1 MB and several milliseconds.
 */
export const atMost = (
  entries: number,
): { readonly maxSize: number; readonly sizeCalculation: () => number } => ({
  maxSize: entries,
  sizeCalculation: one,
});
