import type { Clock } from '../ports/clock.ts';

/**
 * The rhythm of work that is not urgent and costs a query: a function that returns true at its first call, and then at
 * the first call after `every_ms`.
 */
export const createRhythm = (clock: Pick<Clock, 'monotonic'>, every_ms: number): (() => boolean) => {
  let last_at = Number.NEGATIVE_INFINITY;
  return () => {
    const at = clock.monotonic();
    if (at - last_at < every_ms) return false;
    last_at = at;
    return true;
  };
};
