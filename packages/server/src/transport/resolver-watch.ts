import type { Clock } from '../ports/clock.ts';

const DOMAINS_MIN = 3;
const WINDOW_MS = 10_000;
/** The wait of a failed lookup for the failures of others, which often come at the same time. */
export const VERDICT_MS = 150;

/** Without a list of public suffixes, `a.co.uk` and `b.co.uk` count as related. */
const domainOf = (name: string): string => name.split('.').slice(-2).join('.');

/**
 * Tells a DNS server that is down from a zone that is: it is down once lookups in three unrelated domains failed within
 * 10 s, or if it refuses connections, and until a lookup is answered.
 */
export class ResolverWatch {
  readonly #clock: Clock;
  /** Monotonic time of the last failure, by domain: at most three. */
  readonly #failures = new Map<string, number>();
  readonly #waiting = new Set<(is_down: boolean) => void>();
  #is_down = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A lookup was answered, even if the name does not exist. */
  answered(): void {
    this.#failures.clear();
    this.#decide(false);
  }

  /** A lookup was refused, timed out, or ended with SERVFAIL. */
  failed(name: string): void {
    if (this.#is_down) return;
    const now = this.#clock.monotonic();
    for (const [domain, at] of this.#failures) if (now - at > WINDOW_MS) this.#failures.delete(domain);
    this.#failures.set(domainOf(name), now);
    if (this.#failures.size >= DOMAINS_MIN) this.#decide(true);
  }

  /** No connection to the DNS servers was possible. */
  unreachable(): void {
    this.#decide(true);
  }

  /** Whether the DNS servers are down, after at most 150 ms. */
  async verdict(): Promise<boolean> {
    if (this.#is_down) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.add(resolve);
    const stopTimer = this.#clock.after(VERDICT_MS, () => resolve(this.#is_down));
    try {
      return await promise;
    } finally {
      stopTimer();
      this.#waiting.delete(resolve);
    }
  }

  #decide(is_down: boolean): void {
    this.#is_down = is_down;
    for (const resolve of this.#waiting) resolve(is_down);
  }
}
