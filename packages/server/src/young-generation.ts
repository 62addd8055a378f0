import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * The young generation doubles to 2, 4, 7, 13, 26 and 51 MB. From this size on, it no longer does: more than 13 MB would save
 * no CPU time, less would cost CPU time.
 */
const FULL_BYTES = 7 * 1024 * 1024;

/** V8 multiplies the size of its young generation by this factor when many objects survive a collection. */
let factor = 2;

const setFactor = (next: 1 | 2): void => {
  if (factor === next) return;
  factor = next;
  setFlagsFromString(`--semi-space-growth-factor=${next}`);
};

const isFull = (): boolean =>
  getHeapSpaceStatistics().some(
    ({ space_name, space_size }) => space_name === 'new_space' && space_size >= FULL_BYTES,
  );

const adapt = (): void => setFactor(isFull() ? 1 : 2);

/**
 * Keeps the young generation of this process at its initial 2 MB while the program loads: compiled modules survive, and
 * would make it grow to 32 MB, which V8 returns only much later. Call it before other modules load.
 */
export const keepYoungGenerationSmall = (): void => setFactor(1);

/**
 * Lets the young generation of this process grow with its load, to 13 MB instead of V8's 51. `--max-semi-space-size` would do
 * the same, but has no effect once the process runs.
 */
export const limitYoungGeneration = (): void => {
  adapt();
  new PerformanceObserver(adapt).observe({ entryTypes: ['gc'] });
};
