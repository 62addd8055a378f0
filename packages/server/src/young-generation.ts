import { setFlagsFromString } from 'node:v8';

// V8 multiplies the size of the young generation, which begins with 2 MB, by this factor when enough objects have
// survived collections. It is one setting for all threads.
const setGrowthFactor = (factor: number): void => setFlagsFromString(`--semi-space-growth-factor=${factor}`);

const DEFAULT_FACTOR = 2;

/**
 * Keeps the young generation of this process small while the program loads: compiled modules survive, and would make it
 * grow to 32 MB, which V8 returns only much later. Call it before other modules load, and `letYoungGenerationGrow` when
 * they are loaded.
 */
export const keepYoungGenerationSmall = (): void => setGrowthFactor(1);

/** From now on it grows under load: a small one costs a sixth more CPU time. */
export const letYoungGenerationGrow = (): void => setGrowthFactor(DEFAULT_FACTOR);
