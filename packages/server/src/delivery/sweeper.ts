import type { Changes } from '../ports/changes.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { LeasedDelivery, Store } from '../ports/store.ts';
import type { Claimer } from './claimer.ts';
import { ClockWatch } from './clock-watch.ts';
import type { Observation } from './report.ts';
import type { Scheduler } from './scheduler.ts';
import { SliceSize } from './slice-size.ts';

export interface SweeperOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly changes: Changes;
  readonly scheduler: Scheduler;
  readonly claimer: Claimer;
  readonly observe: (observation: Observation) => void;
  /** Older events are deleted, after deliveries that have waited for as long were canceled; null keeps all. */
  readonly retention_ms: number | null;
  /** The payloads of older events without unfinished deliveries are removed; null keeps all. */
  readonly payload_retention_ms: number | null;
  /** The configured schedule of all hooks without their own; null for those of the dialects. */
  readonly retry_delays_ms: readonly number[] | null;
  /** The deliveries that this node is working on. */
  readonly held: () => ReadonlySet<string>;
  readonly returnUnsent: (leased: readonly LeasedDelivery[]) => void;
}

const SECRETS_MAX = 100;
/** Longer than any delivery waits: for `deliver_at`, for Retry-After, or by the schedule of a hook or a dialect. */
const LONGEST_WAIT_MS = 100 * 86_400_000;
/** Minimum time between passes over the database file: with the duration of a pass, expired rows leave it within a day. */
const SCRUB_EVERY_MS = 23 * 3_600_000;
/** Time limit for all slices of one kind in one sweep, including waits. */
const SLICES_MS = 400;
/** The same for scrubbing, which is never urgent, and syncs the file with every slice. */
const SCRUB_MS = 100;

/**
 * The periodic pass: expired leases, due deliveries, then housekeeping in slices with other work in between. New events
 * do not wait for it.
 */
export class Sweeper {
  readonly #options: SweeperOptions;
  readonly #stop_size = new SliceSize();
  readonly #prune_size = new SliceSize();
  readonly #payload_size = new SliceSize();
  readonly #stats_size = new SliceSize();
  readonly #pull_size = new SliceSize();
  readonly #clock_watch: ClockWatch;
  readonly #longest_wait_ms: number;
  /** Where a walk for deliveries that are too far ahead continues; null when it is complete. An earlier process can have left some. */
  #pull_after: string | null = '';

  constructor(options: SweeperOptions) {
    this.#options = options;
    this.#clock_watch = new ClockWatch(options.clock);
    // Twice, because of the jitter.
    this.#longest_wait_ms = Math.max(LONGEST_WAIT_MS, ...(options.retry_delays_ms ?? []).map((ms) => 2 * ms));
  }

  async run(): Promise<void> {
    const { store, clock, log, scheduler, claimer, returnUnsent, held, changes } = this.#options;
    const { retention_ms, payload_retention_ms } = this.#options;
    returnUnsent([...scheduler.shedOverflow(), ...scheduler.takeExpiring()]);
    const now = clock.now();
    const released = await store.releaseLeases({ now, of: 'expired', held });
    if (released > 0) {
      log.warn('leases expired before their attempts were recorded', { released });
      changes.bulk(null, { reason: 'burst', hook_id: null, tenant: null });
    }
    this.#watchClock();
    await this.#slices(() => this.#pullIn());
    await claimer.claimDue();
    await this.#slices(() => this.#stop());
    await store.pruneSecrets({ now, limit: SECRETS_MAX });
    if (retention_ms !== null) await this.#slices(() => this.#prune(retention_ms));
    if (payload_retention_ms !== null) {
      await this.#slices(() => this.#prunePayloads(payload_retention_ms));
    }
    await this.#slices(() => this.#pruneStats(retention_ms));
    const scrub = async (): Promise<boolean> =>
      (await store.scrub({ now: clock.now(), every_ms: SCRUB_EVERY_MS })).has_more;
    await this.#slices(scrub, SCRUB_MS);
  }

  #watchClock(): void {
    const set_back_ms = this.#clock_watch.stepBack();
    if (set_back_ms === 0) return;
    this.#options.log.warn('the clock was set back; what waits is delayed by up to as much', { set_back_ms });
    this.#pull_after = '';
  }

  async #pullIn(): Promise<boolean> {
    if (this.#pull_after === null) return false;
    const { store, clock, log } = this.#options;
    const now = clock.now();
    const slice = { now, beyond: now + this.#longest_wait_ms, after: this.#pull_after };
    const { pulled, next } = await this.#measured(this.#pull_size, () =>
      store.pullIn({ ...slice, limit: this.#pull_size.limit }),
    );
    if (pulled > 0)
      log.warn('deliveries that waited since before the clock was set back are due', { pulled });
    this.#pull_after = next;
    return next !== null;
  }

  async #stop(): Promise<boolean> {
    const { store, clock, changes } = this.#options;
    const { limit } = this.#stop_size;
    const { stopped, hooks } = await this.#measured(this.#stop_size, () =>
      store.stopDeliveries({ now: clock.now(), limit }),
    );
    for (const { workspace_id, hook_id } of hooks) {
      changes.bulk(workspace_id, { reason: 'held', hook_id, tenant: null });
    }
    return stopped >= limit;
  }

  async #prune(retention_ms: number): Promise<boolean> {
    const { store, clock, log, observe, changes } = this.#options;
    const now = clock.now();
    const { limit } = this.#prune_size;
    const slice = { now, before: now - retention_ms, limit };
    const { has_more, expired } = await this.#measured(this.#prune_size, () => store.prune(slice));
    if (expired > 0) {
      log.warn('canceled deliveries that were pending or held for longer than BELLWIRE_RETENTION', {
        expired,
      });
      observe({ kind: 'expired', deliveries: expired });
      changes.bulk(null, { reason: 'expired', hook_id: null, tenant: null });
    }
    return has_more;
  }

  async #prunePayloads(payload_retention_ms: number): Promise<boolean> {
    const { store, clock } = this.#options;
    const now = clock.now();
    const { limit } = this.#payload_size;
    const slice = { now, before: now - payload_retention_ms, limit };
    const { has_more } = await this.#measured(this.#payload_size, () => store.prunePayloads(slice));
    return has_more;
  }

  async #pruneStats(retention_ms: number | null): Promise<boolean> {
    const { store, clock } = this.#options;
    const now = clock.now();
    const { limit } = this.#stats_size;
    const slice = { now, before: retention_ms === null ? null : now - retention_ms, limit };
    return (await this.#measured(this.#stats_size, () => store.pruneStats(slice))) >= limit;
  }

  async #measured<T>(size: SliceSize, slice: () => Promise<T>): Promise<T> {
    const { clock } = this.#options;
    const started = clock.monotonic();
    const result = await slice();
    size.adapt(clock.monotonic() - started);
    return result;
  }

  /** Repeats a slice while there is more, for a bounded time and with a turn of the event loop in between. */
  async #slices(slice: () => Promise<boolean>, max_ms = SLICES_MS): Promise<void> {
    const { clock } = this.#options;
    const started = clock.monotonic();
    while ((await slice()) && clock.monotonic() - started < max_ms) {
      await new Promise<void>((resolve) => clock.soon(resolve));
    }
  }
}
