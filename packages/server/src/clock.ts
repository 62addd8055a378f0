import { performance } from 'node:perf_hooks';
import type { Clock } from './ports/clock.ts';

/**
 * Turns of the event loop between work for later. Node accepts one connection in each turn, and reads 64 KiB of each
 * request: without turns in between, a small call would wait for several works of others.
 */
const TURNS = 4;

const later: (() => void)[] = [];
let is_turning = false;

const turn = (left: number): void => {
  setImmediate(() => {
    if (left > 0) return turn(left - 1);
    const work = later.shift();
    is_turning = work !== undefined;
    if (work === undefined) return;
    turn(TURNS);
    work();
  });
};

/** The system clock: the only place that uses `Date.now` and timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  busy: () => performance.eventLoopUtilization().active,
  after: (delay_ms, work, { keeps_alive = true } = {}) => {
    const timer = setTimeout(work, delay_ms);
    if (!keeps_alive) timer.unref();
    return () => clearTimeout(timer);
  },
  soon: (work) => {
    setImmediate(work);
  },
  later: (work) => {
    later.push(work);
    if (is_turning) return;
    is_turning = true;
    turn(0);
  },
};
