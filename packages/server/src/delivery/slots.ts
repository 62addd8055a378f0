import type { Pace } from './hook-queue.ts';

/** The attempts in flight, in all and of slow hooks. */
export interface Occupied {
  readonly in_flight: number;
  readonly slow: number;
}

/**
 * Whether one more attempt may start. Slow hooks get half of `concurrency`. Hooks that turned slow while they held more
 * than that half count for no more than it, so that a hook which is not slow finds a slot although theirs cannot be
 * taken back; but never more than half of `concurrency` beyond it are in flight, and of that reserve new hooks, which may
 * turn out to hang, get a half only.
 */
export const mayStart = (pace: Pace, { in_flight, slow }: Occupied, concurrency: number): boolean => {
  const half = Math.max(1, Math.floor(concurrency / 2));
  if (pace === 'slow') return slow < half && in_flight < concurrency;
  const counted = in_flight - slow + Math.min(slow, half);
  const reserve = pace === 'fast' ? half : Math.ceil(half / 2);
  return counted < concurrency && in_flight < concurrency + reserve;
};
