import { LRUCache } from 'lru-cache';
import { atMost } from '../core/at-most.ts';
import type { Clock } from '../ports/clock.ts';

export interface TimeBudgetOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Time that an owner can use at once, in milliseconds. */
  readonly capacity_ms: number;
  /** Time that an owner gets back per second, in milliseconds. */
  readonly refill_ms: number;
}

interface Account {
  left_ms: number;
  at: number;
}

/** Owners beyond it count as having their full budget. */
const MAX_OWNERS = 20_000;

/** A token bucket of time for each owner. The last use may exceed it; the excess counts as used. */
export class TimeBudget {
  readonly #options: TimeBudgetOptions;
  readonly #accounts = new LRUCache<string, Account>(atMost(MAX_OWNERS));

  constructor(options: TimeBudgetOptions) {
    this.#options = options;
  }

  /** Zero or less if the budget is used up. */
  leftOf(owner: string): number {
    const account = this.#accounts.get(owner);
    return account === undefined ? this.#options.capacity_ms : this.#refilled(account).left_ms;
  }

  spend(owner: string, ms: number): void {
    const account = this.#accounts.get(owner);
    if (account === undefined) {
      const { clock, capacity_ms } = this.#options;
      this.#accounts.set(owner, { left_ms: capacity_ms - ms, at: clock.monotonic() });
    } else {
      this.#refilled(account).left_ms -= ms;
    }
  }

  /** Seconds until there is some time again; at least one. */
  retryAfterS(owner: string): number {
    return Math.max(1, Math.ceil(-this.leftOf(owner) / this.#options.refill_ms));
  }

  #refilled(account: Account): Account {
    const { clock, capacity_ms, refill_ms } = this.#options;
    const now = clock.monotonic();
    account.left_ms = Math.min(capacity_ms, account.left_ms + ((now - account.at) * refill_ms) / 1000);
    account.at = now;
    return account;
  }
}
