import { setFlagsFromString } from 'node:v8';
import { systemClock } from './clock.ts';

// V8 multiplies the size of the young generation, which begins with 2 MB, by this factor when enough objects have
// survived collections. Flags are one setting for all threads.
const setYoungGrowthFactor = (factor: number): void =>
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
const YOUNG_DEFAULT = 2;

// The growth of a heap between two collections of its old generation. V8 chooses it, up to fourfold.
const setGrowthPercent = (percent: number): void => setFlagsFromString(`--heap-growing-percent=${percent}`);
const V8_CHOOSES = 0;
const SLOW = 40;

/** The resident memory of this process above which its heaps grow slowly, and below which they grow freely again. */
const LARGE_BYTES = 384 * 1024 * 1024;
const SMALL_BYTES = 320 * 1024 * 1024;
const CHECK_MS = 250;

/**
 * Keeps the young generation of this process small while the program loads: compiled modules survive, and would make it
 * grow to 32 MB, which V8 returns only much later. Call it before other modules load, and `letHeapsGrow` when they are
 * loaded.
 */
export const keepYoungGenerationSmall = (): void => setYoungGrowthFactor(1);

const watchMemory = (is_large: boolean): void => {
  systemClock.after(
    CHECK_MS,
    () => {
      const is_still = process.memoryUsage.rss() > (is_large ? SMALL_BYTES : LARGE_BYTES);
      if (is_still !== is_large) setGrowthPercent(is_still ? SLOW : V8_CHOOSES);
      watchMemory(is_still);
    },
    { keeps_alive: false },
  );
};

/**
 * From now on the young generation grows under load: a small one costs a sixth more CPU time. While the process uses more
 * than 384 MiB, the heaps of all threads grow by only 40 % between collections. This costs CPU time, and bounds the
 * garbage that a flood of large bodies leaves.
 */
export const letHeapsGrow = (): void => {
  setYoungGrowthFactor(YOUNG_DEFAULT);
  watchMemory(false);
};
