import { performance } from 'node:perf_hooks';
import type { Clock } from './ports/clock.ts';

/** The system clock: the only place that uses `Date.now` and timers. */
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
