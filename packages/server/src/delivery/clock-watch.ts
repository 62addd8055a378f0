import type { Clock } from '../ports/clock.ts';

/** Smaller steps are those of ordinary corrections. */
const STEP_MIN_MS = 60_000;

/** Notices when the wall clock is set back, by comparing it with monotonic time. */
export class ClockWatch {
  readonly #clock: Clock;
  #offset_ms: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offset_ms = clock.now() - clock.monotonic();
  }

  /** By how many milliseconds the clock was set back since the last call; 0 if by less than a minute, or not at all. */
  stepBack(): number {
    const offset_ms = this.#clock.now() - this.#clock.monotonic();
    const step_ms = this.#offset_ms - offset_ms;
    this.#offset_ms = offset_ms;
    return step_ms >= STEP_MIN_MS ? step_ms : 0;
  }
}
