/** Since when, without interruption, and until when. */
const SINCE = 0;
const UNTIL = 1;
const TIMES = 2;

/**
 * The time in which no other node takes over the leases of this one, in memory that threads share. Times are milliseconds
 * of one monotonic clock. A process that was suspended finds that its window has ended, whatever it was about to do.
 */
export class LeaseWindow {
  /** For the same window in another thread. */
  readonly shared: SharedArrayBuffer;
  readonly #times: BigInt64Array;

  /** Without `shared`, a window that has not begun. */
  constructor(shared = new SharedArrayBuffer(TIMES * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#times = new BigInt64Array(shared);
  }

  /** Extends the window, or begins another one if it has ended before `from`. */
  extend(from: number, until: number): void {
    if (from > Number(Atomics.load(this.#times, UNTIL))) {
      Atomics.store(this.#times, SINCE, BigInt(Math.ceil(from)));
    }
    Atomics.store(this.#times, UNTIL, BigInt(Math.floor(until)));
  }

  /** Whether no other node can have taken over a lease that was held at `checked_at`. */
  covers(checked_at: number, now: number): boolean {
    const since = Number(Atomics.load(this.#times, SINCE));
    return checked_at >= since && now < Number(Atomics.load(this.#times, UNTIL));
  }
}
