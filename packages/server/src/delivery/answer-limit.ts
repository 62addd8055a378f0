import type { Clock } from '../ports/clock.ts';

export interface AnswerLimitOptions {
  readonly clock: Clock;
  /** Maximum time for which the sender of an event waits for the database; null for no limit. */
  readonly limit_ms: number | null;
  /** Called repeatedly while something may have waited for too long. Returns whether anything still waits. */
  readonly onOver: () => boolean;
}

/** Interval at which the limit is checked once it has been reached. */
const RECHECK_MS = 50;

/**
 * How long callers wait for a database that has stopped to answer. It measures commits only: what waits for other reasons
 * has no limit.
 */
export class AnswerLimit {
  readonly #options: AnswerLimitOptions;
  /** When the first commit began that has had no success, and when the current one began. */
  #silent_since: number | null = null;
  #began_at: number | null = null;
  #cancel: (() => void) | null = null;

  constructor(options: AnswerLimitOptions) {
    this.#options = options;
  }

  now(): number {
    return this.#options.clock.monotonic();
  }

  /** A commit begins. */
  began(): void {
    const { limit_ms } = this.#options;
    if (limit_ms === null) return;
    this.#began_at = this.now();
    this.#silent_since ??= this.#began_at;
    this.#watch(this.#silent_since === this.#began_at ? limit_ms : RECHECK_MS);
  }

  /** The commit has ended. A failed one does not count as an answer. */
  ended({ is_committed }: { readonly is_committed: boolean }): void {
    this.#began_at = null;
    if (!is_committed) return;
    this.#silent_since = null;
    this.#stop();
  }

  /** Whether someone who has waited since `at` has waited for the database for too long. */
  isOver(at: number): boolean {
    const { limit_ms } = this.#options;
    if (limit_ms === null || this.#silent_since === null) return false;
    return this.now() - Math.max(at, this.#silent_since) >= limit_ms;
  }

  /** Whether the current commit takes so long that those who begin to wait now would wait in vain. */
  isSilent(): boolean {
    const { limit_ms } = this.#options;
    return limit_ms !== null && this.#began_at !== null && this.now() - this.#began_at >= 2 * limit_ms;
  }

  #watch(delay_ms: number): void {
    this.#cancel ??= this.#options.clock.after(
      delay_ms,
      () => {
        this.#cancel = null;
        if (this.#options.onOver() || this.#began_at !== null) this.#watch(RECHECK_MS);
      },
      { keeps_alive: false },
    );
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
