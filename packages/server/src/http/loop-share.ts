import type { Clock } from '../ports/clock.ts';

/** The part of its time that the event loop may be busy while several workspaces share it: small calls need the rest. */
const BUSY_MAX = 0.8;
/** The shortest time over which that is measured. */
const SAMPLE_MS = 50;
/** The restraint rises from 0 to 1 within a second, and falls back within five. */
const RISE = 0.05;
const FALL = 0.01;
/** Several workspaces share the event loop for this long after the last call while they did. */
const SHARED_MS = 1_000;
/** Calls in progress of all workspaces together, without restraint and with all of it. */
const CALLS_MAX = 256;
const CALLS_MIN = 2;
/** Pause after work for later, in durations of the work, with all restraint. */
const REST_MAX = 10;
const REST_MAX_MS = 100;
/** The shortest time that a timer waits. */
const TIMER_MS = 1;

/**
 * Keeps a fifth of the event loop's time free while several workspaces use it, by restraining what one of them can have
 * much of: calls in progress, and work for later. A workspace that is alone is not restrained.
 */
export class LoopShare {
  readonly #clock: Clock;
  /** From 0 to 1. */
  #restraint = 0;
  #sampled_at: number;
  #busy_ms: number;
  #shared_until = -Infinity;
  #rest_until = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sampled_at = clock.monotonic();
    this.#busy_ms = clock.busy();
  }

  /** Call it with each call while several workspaces are active. */
  noteShared(): void {
    const now = this.#clock.monotonic();
    this.#shared_until = now + SHARED_MS;
    this.#sample(now);
  }

  /** The number of calls in progress that all workspaces can have together. */
  get calls(): number {
    return CALLS_MIN * (CALLS_MAX / CALLS_MIN) ** (1 - this.#restraint);
  }

  /** As that of the clock, with a pause after each work under restraint. */
  readonly later: Clock['later'] = (work) => {
    const clock = this.#clock;
    clock.later(() => {
      const began = clock.monotonic();
      this.#sample(began);
      const rest_ms = this.#rest_until - began;
      if (rest_ms >= TIMER_MS) {
        clock.after(rest_ms, () => this.later(work));
        return;
      }
      work();
      // The rest of the work follows in this turn, when a promise has been resolved.
      clock.soon(() => this.#rest(began));
    });
  };

  #rest(began: number): void {
    const now = this.#clock.monotonic();
    const rest_ms = (now - began) * REST_MAX * this.#restraint;
    this.#rest_until = now + Math.min(rest_ms, REST_MAX_MS);
  }

  #sample(now: number): void {
    const passed_ms = now - this.#sampled_at;
    if (passed_ms < SAMPLE_MS) return;
    const busy_ms = this.#clock.busy();
    const is_busy = busy_ms - this.#busy_ms > BUSY_MAX * passed_ms;
    this.#sampled_at = now;
    this.#busy_ms = busy_ms;
    if (now > this.#shared_until) this.#restraint = 0;
    else if (is_busy) this.#restraint = Math.min(1, this.#restraint + RISE);
    else this.#restraint = Math.max(0, this.#restraint - (FALL * passed_ms) / SAMPLE_MS);
  }
}
