import { randomFillSync } from 'node:crypto';
import type { Random } from './ports/random.ts';

const POOL_BYTES = 8192;

/** Randomness from the operating system, in pools: one system call serves hundreds of ids. */
export const createSystemRandom = (): Random => {
  let pool = new Uint8Array(0);
  let used = 0;
  const bytes = (size: number): Uint8Array => {
    if (used + size > pool.length) {
      // A new array each time, so that slices in use are not overwritten.
      pool = randomFillSync(new Uint8Array(Math.max(POOL_BYTES, size)));
      used = 0;
    }
    used += size;
    return pool.subarray(used - size, used);
  };
  return { bytes, roll: () => Math.random() };
};
