import type { Clock } from '../ports/clock.ts';
import type { Scheduler } from './scheduler.ts';

export interface BackpressureOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Called repeatedly while accepts wait: by then more hooks may count as slow. */
  readonly onRecheck: () => void;
  readonly isWaitedFor: () => boolean;
}

/** Accepts wait while more deliveries than this are due in memory; otherwise accepting would starve sending. */
const HIGH_WATER_MARK = 256;
/** Interval at which slow hooks are checked again while accepts wait. */
const RECHECK_MS = 50;

/** Makes accepts wait while enough deliveries are due in memory. Deliveries that wait for a slow hook do not count. */
export class Backpressure {
  readonly #options: BackpressureOptions;
  #is_lifted = false;
  #cancelRecheck: (() => void) | null = null;

  constructor(options: BackpressureOptions) {
    this.#options = options;
  }

  /** Whether the deliveries due in memory are below the high-water mark. */
  hasRoom(): boolean {
    const { scheduler } = this.#options;
    return scheduler.queued <= HIGH_WATER_MARK || scheduler.due() <= HIGH_WATER_MARK;
  }

  admits(): boolean {
    if (this.#is_lifted || this.hasRoom()) return true;
    this.#recheck();
    return false;
  }

  /** Admits everything from now on: shutdown stores the accepts that are waiting. */
  lift(): void {
    this.#is_lifted = true;
    this.#cancelRecheck?.();
  }

  // A hook that has just become slow holds accepts back only until the next check.
  #recheck(): void {
    const { clock, onRecheck, isWaitedFor } = this.#options;
    this.#cancelRecheck ??= clock.after(RECHECK_MS, () => {
      this.#cancelRecheck = null;
      onRecheck();
      if (isWaitedFor()) this.#recheck();
    });
  }
}
