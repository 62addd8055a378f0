import type { Pace } from './hook-queue.ts';

/** Attempts in flight, in total and to slow hooks. */
export interface Occupied {
  readonly in_flight: number;
  readonly slow: number;
}

/**
 * Whether one more attempt may start. Slow hooks may use half of `concurrency`. Hooks that became slow while they held
 * more than that count only for their half, so that other hooks still find a slot. This can exceed `concurrency` by a
 * reserve of at most half of it; new hooks, which may turn out to hang, may use only half of that reserve.
 */
export const mayStart = (pace: Pace, { in_flight, slow }: Occupied, concurrency: number): boolean => {
  const half = Math.max(1, Math.floor(concurrency / 2));
  if (pace === 'slow') return slow < half && in_flight < concurrency;
  const counted = in_flight - slow + Math.min(slow, half);
  const reserve = pace === 'fast' ? half : Math.ceil(half / 2);
  return counted < concurrency && in_flight < concurrency + reserve;
};
