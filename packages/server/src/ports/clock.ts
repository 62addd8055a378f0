export interface TimerOptions {
  /** False: a process that waits for nothing else ends without running the work. True when left out. */
  readonly keeps_alive?: boolean;
}

/** Wall and monotonic time, and the only source of waiting. */
export interface Clock {
  /** Integer milliseconds since 1970. May jump. */
  readonly now: () => number;
  /** Milliseconds from an arbitrary start. Never jumps. */
  readonly monotonic: () => number;
  /** Runs `work` once after `delay_ms`; the returned function cancels it. Keeps the process alive no longer than the work needs. */
  readonly after: (delay_ms: number, work: () => void, options?: TimerOptions) => () => void;
  /** Runs `work` at the end of this turn of the event loop. */
  readonly soon: (work: () => void) => void;
}
