export interface TimerOptions {
  /** Default true. False: the timer does not keep the process alive, and may never run. */
  readonly keeps_alive?: boolean;
}

/** Wall-clock and monotonic time, and the only source of timers. */
export interface Clock {
  /** Integer milliseconds since 1970. May jump. */
  readonly now: () => number;
  /** Milliseconds from an arbitrary start. Never jumps. */
  readonly monotonic: () => number;
  /** Milliseconds for which the event loop of this thread has had work, from an arbitrary start. */
  readonly busy: () => number;
  /** Runs `work` once after `delay_ms`; the returned function cancels it. */
  readonly after: (delay_ms: number, work: () => void, options?: TimerOptions) => () => void;
  /** Runs `work` at the end of this turn of the event loop. */
  readonly soon: (work: () => void) => void;
  /**
   * Runs `work` that takes milliseconds and that another caller does not wait for: one at a time in the order of calls,
   * with several turns of the event loop in between, in which new connections and small calls proceed.
   */
  readonly later: (work: () => void) => void;
}
