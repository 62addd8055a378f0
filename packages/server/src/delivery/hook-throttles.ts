import type { BreakerState } from '../core/breaker.ts';
import type { Cluster } from '../core/cluster.ts';
import type { Delivery } from '../core/delivery.ts';
import { hasSchedule } from '../core/event.ts';
import type { Clock } from '../ports/clock.ts';
import type { DueHook, HookThrottle } from '../ports/store.ts';

export interface HookThrottlesOptions {
  readonly clock: Clock;
  readonly cluster: Pick<Cluster, 'shareOf'>;
  /** More deliveries of hooks may be claimed now. */
  readonly onClaimable: () => void;
}

/** Minimum time between claims of a hook with a rate limit: its burst covers more. */
const CLAIM_EVERY_MS = 50;
/** Minimum time between two looks at all hooks that wait. */
const SCAN_EVERY_MS = 10;

/**
 * The hooks that a breaker or a rate limit holds back, as the store last reported them. The store decides what may be
 * leased; this class knows when to ask it again, and how wide a hook may send.
 */
export class HookThrottles {
  readonly #options: HookThrottlesOptions;
  readonly #known = new Map<string, HookThrottle>();
  /** When to claim for the hooks that wait. */
  readonly #claims = new Map<string, DueHook & { readonly at: number }>();
  /** Hooks with a rate limit that have deliveries waiting in the store. */
  readonly #limited = new Set<string>();
  #is_closed = false;
  #timer: { readonly at: number; readonly cancel: () => void } | null = null;

  constructor(options: HookThrottlesOptions) {
    this.#options = options;
  }

  /** Returns the state of the breaker in the last report. */
  update(reported: HookThrottle): BreakerState {
    const { hook_id, state, width, has_rate_limit, waits } = reported;
    const before = this.#known.get(hook_id)?.state ?? 'closed';
    if (state === 'closed' && width === null && !has_rate_limit) this.#known.delete(hook_id);
    else this.#known.set(hook_id, reported);
    if (waits && has_rate_limit) this.#limited.add(hook_id);
    else this.#limited.delete(hook_id);
    this.#plan(reported);
    return before;
  }

  /** Plans the next claim. */
  #plan({ hook_id, workspace_id, has_rate_limit, waits, until }: HookThrottle): void {
    if (!waits || until === null) {
      this.#claims.delete(hook_id);
      return;
    }
    const now = this.#options.clock.now();
    const at = has_rate_limit ? Math.max(until, now + CLAIM_EVERY_MS) : until;
    this.#claims.set(hook_id, { hook_id, workspace_id, at });
    this.#wakeAt(Math.max(at, now), now);
  }

  /** Maximum number of attempts that a hook may have in flight or in memory; null without a limit of its own. */
  widthOf(hook_id: string, slots: number): number | null {
    const known = this.#known.get(hook_id);
    if (known === undefined) return null;
    return known.width === null ? slots : Math.min(this.#options.cluster.shareOf(known.width), slots);
  }

  /** Whether a leased delivery must be returned: the breaker of its hook has opened since. */
  isHeldBack({ id, hook_id, trigger }: Delivery): boolean {
    const known = this.#known.get(hook_id);
    if (known === undefined || known.state === 'closed' || !hasSchedule(trigger)) return false;
    return known.state === 'open' || known.probe_id !== id;
  }

  /** Whether new deliveries of a hook must not overtake those that wait for its rate limit. */
  isLimited(hook_id: string): boolean {
    return this.#limited.has(hook_id);
  }

  /** Removes and returns the hooks for which more may be claimed now. */
  takeClaimable(): readonly DueHook[] {
    const now = this.#options.clock.now();
    const claimable: DueHook[] = [];
    let next = Infinity;
    for (const claim of this.#claims.values()) {
      if (claim.at > now) next = Math.min(next, claim.at);
      else if (this.#claims.delete(claim.hook_id)) claimable.push(claim);
    }
    if (next < Infinity) this.#wakeAt(Math.max(next, now + SCAN_EVERY_MS), now);
    return claimable;
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#is_closed = true;
  }

  #wakeAt(at: number, now: number): void {
    if (this.#is_closed || (this.#timer !== null && this.#timer.at <= at)) return;
    this.#timer?.cancel();
    // A timer that does not fire, for example after a change of the clock, delays nothing beyond the next sweep.
    const cancel = this.#options.clock.after(
      at - now,
      () => {
        this.#timer = null;
        this.#options.onClaimable();
      },
      { keeps_alive: false },
    );
    this.#timer = { at, cancel };
  }
}
