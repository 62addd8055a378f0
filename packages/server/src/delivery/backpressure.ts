import type { Clock } from '../ports/clock.ts';
import type { Scheduler } from './scheduler.ts';

export interface BackpressureOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Called again and again while accepts wait: hooks may have been seen to be slow since. */
  readonly onRecheck: () => void;
  readonly isWaitedFor: () => boolean;
}

/** Due deliveries in memory above which accepts wait: without this, accepting starves sending. */
const HIGH_WATER_MARK = 256;
/** How often slow hooks are looked at again while accepts wait for them. */
const RECHECK_MS = 50;

/** Holds accepts back while enough deliveries are due in memory. What waits for a slow hook does not count. */
export class Backpressure {
  readonly #options: BackpressureOptions;
  #is_lifted = false;
  #cancelRecheck: (() => void) | null = null;

  constructor(options: BackpressureOptions) {
    this.#options = options;
  }

  /** Whether few enough deliveries are due in memory that more may be stored. */
  hasRoom(): boolean {
    const { scheduler } = this.#options;
    return scheduler.queued <= HIGH_WATER_MARK || scheduler.due() <= HIGH_WATER_MARK;
  }

  admits(): boolean {
    if (this.#is_lifted || this.hasRoom()) return true;
    this.#recheck();
    return false;
  }

  /** Lets everything through from now on: a stop stores what waits already. */
  lift(): void {
    this.#is_lifted = true;
    this.#cancelRecheck?.();
  }

  // Slow hooks hold accepts back only until they are seen to be slow.
  #recheck(): void {
    const { clock, onRecheck, isWaitedFor } = this.#options;
    this.#cancelRecheck ??= clock.after(RECHECK_MS, () => {
      this.#cancelRecheck = null;
      onRecheck();
      if (isWaitedFor()) this.#recheck();
    });
  }
}
