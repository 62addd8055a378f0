import { mustReturn } from '../core/lease.ts';
import type { Lease, LeasedDelivery } from '../ports/store.ts';
import { FairQueue } from './fair-queue.ts';

export interface ConcurrencyLimits {
  /** Attempts at a time to one hook. */
  readonly hook_concurrency: number;
  /** Attempts at a time in all; see slots.ts for the reserve beyond it. */
  readonly concurrency: number;
}

/**
 * An attempt that lasts longer makes its hook slow. A slow hook keeps no more in memory than it can be sent at once,
 * does not hold accepts back, and shares half of the slots with all other slow ones.
 */
const SLOW_MS = 250;

/** How much a fast hook may keep in memory: more than backpressure lets in at a time, so that backpressure acts first. */
const FAST_QUEUE_MAX = 1_024;

/** Weight of the newest attempt in the usual duration: about the last eight count. */
const SMOOTHING = 1 / 8;

/** Slots beyond the limit for manual attempts and test sends: a ping to a receiver that hangs is sent at once, too. */
const RESERVED_SLOTS = 2;

/** `new`: no attempt of it has ended as far as this process remembers. */
export type Pace = 'fast' | 'new' | 'slow';

/** A delivery can be leased again before the end of its last lease is known here, so its id alone does not do. */
const keyOf = ({ delivery, lease_token }: Lease): string => `${delivery.id} ${lease_token}`;

/** The deliveries that wait for one hook in memory, and its slots. */
export class HookQueue {
  readonly hook_id: string;
  readonly workspace_id: string;
  /** Set while the scheduler has this queue in its round robin. */
  is_ready = false;
  #waiting = new FairQueue<LeasedDelivery>();
  /** By lease, the oldest first. */
  readonly #in_flight = new Map<string, { readonly delivery_id: string; readonly started: number }>();
  /** Smoothed duration of its attempts; null before the first one. */
  #usual_ms: number | null;

  constructor(hook_id: string, workspace_id: string, usual_ms: number | null) {
    this.hook_id = hook_id;
    this.workspace_id = workspace_id;
    this.#usual_ms = usual_ms;
  }

  get length(): number {
    return this.#waiting.size;
  }

  get inFlight(): number {
    return this.#in_flight.size;
  }

  get usual_ms(): number | null {
    return this.#usual_ms;
  }

  get isIdle(): boolean {
    return this.length === 0 && this.inFlight === 0;
  }

  /** Workspace and tenant of the delivery that is next. */
  get turn(): readonly string[] {
    return [this.workspace_id, this.#waiting.peek()?.delivery.tenant ?? ''];
  }

  push(leased: LeasedDelivery): void {
    this.#waiting.push([leased.delivery.tenant ?? ''], leased);
  }

  /** The next delivery, taken out. The tenants of a hook that serves several take turns. */
  take(): LeasedDelivery | undefined {
    return this.#waiting.take();
  }

  /** Keeps the first `limit` deliveries; removes and returns the rest. */
  shed(limit: number): readonly LeasedDelivery[] {
    let kept = 0;
    return this.#split(() => (kept += 1) <= limit);
  }

  /** Takes out the deliveries whose leases are about to run out. */
  takeExpiring(now: number): readonly LeasedDelivery[] {
    for (const { lease_until } of this.#waiting) {
      if (mustReturn(lease_until, now)) return this.#split((leased) => !mustReturn(leased.lease_until, now));
    }
    return [];
  }

  /** The ids of the deliveries that wait or are in flight here. */
  *deliveryIds(): Generator<string> {
    for (const { delivery } of this.#waiting) yield delivery.id;
    for (const { delivery_id } of this.#in_flight.values()) yield delivery_id;
  }

  occupySlot(lease: Lease, now: number): void {
    this.#in_flight.set(keyOf(lease), { delivery_id: lease.delivery.id, started: now });
  }

  /** False when the lease holds no slot here. */
  releaseSlot(lease: Lease, now: number): boolean {
    const flight = this.#in_flight.get(keyOf(lease));
    if (flight === undefined) return false;
    this.#in_flight.delete(keyOf(lease));
    const took_ms = now - flight.started;
    this.#usual_ms =
      this.#usual_ms === null ? took_ms : this.#usual_ms + (took_ms - this.#usual_ms) * SMOOTHING;
    return true;
  }

  hasFreeSlot({ hook_concurrency }: ConcurrencyLimits): boolean {
    return this.inFlight < hook_concurrency;
  }

  hasReservedSlot({ hook_concurrency }: ConcurrencyLimits): boolean {
    return this.inFlight < hook_concurrency + RESERVED_SLOTS;
  }

  pace(now: number): Pace {
    const [oldest] = this.#in_flight.values();
    const is_hanging = oldest !== undefined && now - oldest.started > SLOW_MS;
    if (is_hanging || (this.#usual_ms ?? 0) > SLOW_MS) return 'slow';
    return this.#usual_ms === null ? 'new' : 'fast';
  }

  /** How many deliveries may wait here in memory. */
  limit(now: number, { hook_concurrency }: ConcurrencyLimits): number {
    return this.pace(now) === 'slow' ? hook_concurrency : FAST_QUEUE_MAX;
  }

  /** Keeps the deliveries for which `stays` is true; removes and returns the rest. */
  #split(stays: (leased: LeasedDelivery) => boolean): readonly LeasedDelivery[] {
    const taken: LeasedDelivery[] = [];
    const kept = new FairQueue<LeasedDelivery>();
    for (let next = this.#waiting.take(); next !== undefined; next = this.#waiting.take()) {
      if (stays(next)) kept.push([next.delivery.tenant ?? ''], next);
      else taken.push(next);
    }
    this.#waiting = kept;
    return taken;
  }
}
