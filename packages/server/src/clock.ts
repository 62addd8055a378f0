import { performance } from 'node:perf_hooks';
import type { Clock } from './ports/clock.ts';

/** The real clock: the only home of `Date.now` and of timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delay_ms, work, { keeps_alive = true } = {}) => {
    const timer = setTimeout(work, delay_ms);
    if (!keeps_alive) timer.unref();
    return () => clearTimeout(timer);
  },
  soon: (work) => {
    setImmediate(work);
  },
};
