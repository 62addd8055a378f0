import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { LeasedDelivery, Store } from '../ports/store.ts';
import type { Claimer } from './claimer.ts';
import type { Scheduler } from './scheduler.ts';

export interface SweeperOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly scheduler: Scheduler;
  readonly claimer: Claimer;
  /** Events older than this are deleted when they have no delivery left to send; null keeps them. */
  readonly retention_ms: number | null;
  /** The deliveries that this node works on. */
  readonly held: () => ReadonlySet<string>;
  readonly giveBack: (leased: readonly LeasedDelivery[]) => void;
}

/** Waiting deliveries held or canceled in one transaction: about two milliseconds. */
const STOPPED_MAX = 500;
const SECRETS_MAX = 100;
/** Rows deleted in one transaction, to begin with; then as many as fit into `SLICE_MS`. */
const PRUNED_FIRST = 200;
const PRUNED_MIN = 10;
const PRUNED_MAX = 1_000;
/** What one transaction of the sweep should take: others wait for it. */
const SLICE_MS = 10;
/** What all slices of one kind may take in one sweep, waiting for others included. */
const SLICES_MS = 400;

/**
 * The periodic pass: leases that ran out, deliveries that are due, then housekeeping in slices with other work in
 * between. New events do not wait for it.
 */
export class Sweeper {
  readonly #options: SweeperOptions;
  #prune_limit = PRUNED_FIRST;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { store, clock, log, scheduler, claimer, giveBack, held, retention_ms } = this.#options;
    giveBack([...scheduler.shedOverflow(), ...scheduler.takeExpiring()]);
    const now = clock.now();
    const released = await store.releaseLeases({ now, of: 'expired', held: held() });
    if (released > 0) log.warn('leases ran out before their attempts were recorded', { released });
    await claimer.claimDue();
    await this.#slices(async () => {
      const stopped = await store.stopDeliveries({ now: clock.now(), limit: STOPPED_MAX });
      return stopped === STOPPED_MAX;
    });
    await store.pruneSecrets({ now, limit: SECRETS_MAX });
    if (retention_ms !== null) await this.#slices(() => this.#prune(retention_ms));
  }

  /** One slice of retention, of the size that took about `SLICE_MS` before. */
  async #prune(retention_ms: number): Promise<boolean> {
    const { store, clock } = this.#options;
    const now = clock.now();
    const started = clock.monotonic();
    const { has_more } = await store.prune({ now, before: now - retention_ms, limit: this.#prune_limit });
    const took_ms = clock.monotonic() - started;
    const wanted = took_ms > SLICE_MS ? this.#prune_limit / 2 : this.#prune_limit * 2;
    this.#prune_limit = Math.round(Math.min(PRUNED_MAX, Math.max(PRUNED_MIN, wanted)));
    return has_more;
  }

  /** Repeats a slice while it says that there is more, for a bounded time and with a turn of the event loop between. */
  async #slices(slice: () => Promise<boolean>): Promise<void> {
    const { clock } = this.#options;
    const started = clock.monotonic();
    while ((await slice()) && clock.monotonic() - started < SLICES_MS) {
      await new Promise<void>((resolve) => clock.soon(resolve));
    }
  }
}
