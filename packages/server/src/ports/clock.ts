/** Wall and monotonic time, and the only source of waiting. */
export interface Clock {
  /** Integer milliseconds since 1970. May jump. */
  readonly now: () => number;
  /** Milliseconds from an arbitrary start. Never jumps. */
  readonly monotonic: () => number;
  /** Runs `work` once after `delay_ms`; the returned function cancels it. Keeps the process alive no longer than the work needs. */
  readonly after: (delay_ms: number, work: () => void) => () => void;
  /** Runs `work` at the end of this turn of the event loop. */
  readonly soon: (work: () => void) => void;
}
