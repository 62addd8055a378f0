import { LEASE_MS } from '../core/lease.ts';
import type { Owner } from '../core/owner.ts';
import type { Changes } from '../ports/changes.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { HookSet, LeasedDelivery, Store } from '../ports/store.ts';
import type { Admits } from './backpressure.ts';
import { DELIVERIES_MAX } from './group-commit.ts';

export interface FanOutRunnerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly changes: Changes;
  /** Which fan-outs wait for now (backpressure). */
  readonly admission: () => Admits;
  readonly saturated_hooks: HookSet;
  readonly onLeased: (leased: readonly LeasedDelivery[]) => void;
}

/**
 * Continues large fan-outs: an event for 20,000 hooks is accepted at once, and its deliveries are stored slice by slice,
 * with other commits in between.
 */
export class FanOutRunner {
  readonly #options: FanOutRunnerOptions;
  // The previous process may have left fan-outs.
  #has_more = true;
  /** The owners whose fan-outs wait. */
  #waiting: readonly Owner[] = [];
  #running: Promise<void> | null = null;
  #is_stopped = false;

  constructor(options: FanOutRunnerOptions) {
    this.#options = options;
  }

  /** Notes that a commit has left hooks for later. */
  add(): void {
    this.#has_more = true;
    this.wake();
  }

  /** Continues if it can. */
  wake(): void {
    if (this.#is_stopped || this.#running !== null || !this.#mayContinue()) return;
    this.#running = this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** Resolves when no slice is in progress. The rest stays in the store for the next process. */
  async stop(): Promise<void> {
    this.#is_stopped = true;
    await this.#running;
  }

  #mayContinue(): boolean {
    return this.#has_more || (this.#waiting.length > 0 && this.#waiting.some(this.#options.admission()));
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options;
    try {
      while (!this.#is_stopped && this.#mayContinue()) {
        await this.#continue();
        await new Promise<void>((resolve) => clock.later(resolve));
      }
    } catch (error) {
      log.warn('could not continue a large fan-out; the next sweep tries again', { reason: String(error) });
    }
  }

  async #continue(): Promise<void> {
    const { store, clock, changes, admission, saturated_hooks, onLeased } = this.#options;
    const now = clock.now();
    // Reset before the slice is read, so that a commit that arrives meanwhile is not missed.
    this.#has_more = false;
    try {
      const { leased, workspaces, has_more, waiting } = await store.continueFanOuts({
        now,
        isOpen: admission(),
        lease_until: now + LEASE_MS,
        saturated_hooks,
        max_deliveries: DELIVERIES_MAX,
      });
      this.#has_more ||= has_more;
      this.#waiting = waiting;
      onLeased(leased);
      for (const id of workspaces) changes.bulk(id, { reason: 'fan_out', hook_id: null, tenant: null });
    } catch (error) {
      this.#has_more = true;
      throw error;
    }
  }
}
