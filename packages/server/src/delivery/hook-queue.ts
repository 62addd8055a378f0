import { leaseKey, mustReturn } from '../core/lease.ts';
import type { Lease, LeasedDelivery } from '../ports/store.ts';
import { HalvesQueue } from './halves-queue.ts';
import { type Owner, ownerOf } from '../core/owner.ts';
import { gradeOf, type Pace, paceOf, SLOW_GRADE } from './slots.ts';

export interface ConcurrencyLimits {
  /** Maximum concurrent attempts per hook. */
  readonly hook_concurrency: number;
  /** Maximum concurrent attempts in total; see slots.ts for the reserve beyond it. */
  readonly concurrency: number;
}

/** Maximum queue of a fast hook: beyond the high-water mark of backpressure, so that backpressure acts first. */
const FAST_QUEUE_MAX = 1_024;

/**
 * Attempts that hold their slots for this much longer than they and a commit on a fast disk take wait for a slow disk.
 * Then a few slots limit a hook however fast its receiver is, and accepts that wait for them would not help it.
 */
const LATE_MS = 40;
/** Maximum queue of a hook on a slow disk, in slots. */
const LATE_QUEUE = 4;

/** Weight of the newest attempt in the smoothed duration: about the last eight count. */
const SMOOTHING = 1 / 8;

/** Reserved slots for manual attempts and test sends: even a ping to a hanging receiver is sent at once. */
const RESERVED_SLOTS = 2;

/** Tenants with a waiting delivery among which the one with the fewest slots is sent first. */
const NEXT_TENANTS_MAX = 8;

interface Flight {
  readonly delivery_id: string;
  readonly path: Owner;
  readonly started: number;
}

/** The queue of one hook in memory, and its slots. */
export class HookQueue {
  readonly hook_id: string;
  readonly workspace_id: string;
  /** Its place among the ready hooks, while it is one. */
  ready: { readonly pace: Pace; readonly path: Owner } | null = null;
  /** The grade with which its attempts in flight are counted. */
  grade: number;
  /** Whether its queued deliveries make accepts wait, as they were counted. */
  counts: boolean;
  #waiting = new HalvesQueue();
  /** The number of those that come from a backlog in the store. */
  #backlog = 0;
  /** No waiting delivery has a lease that expires earlier. */
  #first_expiry = Infinity;
  /** By lease, the oldest first. */
  readonly #in_flight = new Map<string, Flight>();
  /** Smoothed duration of its attempts; null before the first one. */
  #smoothed_ms: number | null;
  /** Smoothed time for which they hold their slots for longer than the attempt and a commit on a fast disk take. */
  #late_ms = 0;

  constructor(hook_id: string, workspace_id: string, smoothed_ms: number | null) {
    this.hook_id = hook_id;
    this.workspace_id = workspace_id;
    this.#smoothed_ms = smoothed_ms;
    this.grade = gradeOf(paceOf(smoothed_ms));
    this.counts = this.countsAt(this.grade);
  }

  get length(): number {
    return this.#waiting.size;
  }

  get inFlight(): number {
    return this.#in_flight.size;
  }

  get smoothed_ms(): number | null {
    return this.#smoothed_ms;
  }

  get isIdle(): boolean {
    return this.length === 0 && this.inFlight === 0;
  }

  /** The workspace and the tenants of the next deliveries. */
  nextPaths(): readonly Owner[] {
    return this.#waiting.nextTenants(NEXT_TENANTS_MAX).map((tenant) => [this.workspace_id, tenant]);
  }

  /** One path per attempt in flight. */
  pathsInFlight(): readonly Owner[] {
    return [...this.#in_flight.values()].map(({ path }) => path);
  }

  /** The queued deliveries that were leased when they were accepted. */
  fresh(): readonly LeasedDelivery[] {
    return this.#backlog === this.length ? [] : [...this.#waiting].filter(({ is_backlog }) => !is_backlog);
  }

  push(leased: LeasedDelivery): void {
    this.#waiting.push(leased);
    this.#first_expiry = Math.min(this.#first_expiry, leased.lease_until);
    if (leased.is_backlog) this.#backlog += 1;
  }

  /** Removes and returns the next delivery of a tenant. */
  take([, tenant]: Owner): LeasedDelivery | undefined {
    const leased = this.#waiting.takeFrom(tenant);
    if (leased?.is_backlog === true) this.#backlog -= 1;
    return leased;
  }

  /** Keeps the first `limit` deliveries; removes and returns the rest. */
  shed(limit: number): readonly LeasedDelivery[] {
    let kept = 0;
    return this.#split(() => (kept += 1) <= limit);
  }

  /** Removes and returns the deliveries whose leases are about to expire. */
  takeExpiring(now: number): readonly LeasedDelivery[] {
    return mustReturn(this.#first_expiry, now)
      ? this.#split((leased) => !mustReturn(leased.lease_until, now))
      : [];
  }

  /** The ids of the deliveries that are queued or in flight here. */
  *deliveryIds(): Generator<string> {
    for (const { delivery } of this.#waiting) yield delivery.id;
    for (const { delivery_id } of this.#in_flight.values()) yield delivery_id;
  }

  occupySlot(lease: Lease, now: number): void {
    const { delivery } = lease;
    this.#in_flight.set(leaseKey(lease), { delivery_id: delivery.id, path: ownerOf(delivery), started: now });
  }

  /** False if the lease does not hold a slot here. */
  releaseSlot(lease: Lease, now: number, expected_ms: number | null): boolean {
    const flight = this.#in_flight.get(leaseKey(lease));
    if (flight === undefined) return false;
    this.#in_flight.delete(leaseKey(lease));
    const took_ms = now - flight.started;
    this.#smoothed_ms =
      this.#smoothed_ms === null ? took_ms : this.#smoothed_ms + (took_ms - this.#smoothed_ms) * SMOOTHING;
    if (expected_ms !== null) {
      this.#late_ms += (Math.max(0, took_ms - expected_ms) - this.#late_ms) * SMOOTHING;
    }
    return true;
  }

  hasFreeSlot({ hook_concurrency }: ConcurrencyLimits): boolean {
    return this.inFlight < hook_concurrency;
  }

  hasReservedSlot({ hook_concurrency }: ConcurrencyLimits): boolean {
    return this.inFlight < hook_concurrency + RESERVED_SLOTS;
  }

  /** From the smoothed duration of its attempts, and from how long the oldest one in flight takes already. */
  pace(now: number): Pace {
    const [oldest] = this.#in_flight.values();
    const hangs_ms = oldest === undefined ? 0 : now - oldest.started;
    const hanging = paceOf(hangs_ms);
    return gradeOf(hanging) > 0
      ? paceOf(Math.max(hangs_ms, this.#smoothed_ms ?? 0))
      : paceOf(this.#smoothed_ms);
  }

  /** Whether its queued deliveries make accepts wait: not those of a slow hook, nor while its attempts wait for the disk. */
  countsAt(grade: number): boolean {
    return grade < SLOW_GRADE && this.#late_ms <= LATE_MS;
  }

  /** Maximum length of this queue: a slow hook keeps no more deliveries in memory than it has slots. */
  limit(now: number, { hook_concurrency }: ConcurrencyLimits): number {
    if (gradeOf(this.pace(now)) >= SLOW_GRADE) return hook_concurrency;
    return this.#late_ms > LATE_MS ? LATE_QUEUE * hook_concurrency : FAST_QUEUE_MAX;
  }

  /** The number of deliveries of the backlog that it has room for: half of a long queue is for accepted ones. */
  room(now: number, limits: ConcurrencyLimits): number {
    const limit = this.limit(now, limits);
    const free = Math.max(0, limit - this.length);
    // The short queue of a slow hook is filled whole: its accepted deliveries are claimed as the newest.
    return limit === limits.hook_concurrency ? free : Math.min(free, Math.max(0, limit / 2 - this.#backlog));
  }

  /** Keeps the deliveries for which `stays` is true; removes and returns the rest. */
  #split(stays: (leased: LeasedDelivery) => boolean): readonly LeasedDelivery[] {
    const taken: LeasedDelivery[] = [];
    const kept = new HalvesQueue();
    this.#first_expiry = Infinity;
    for (let next = this.#waiting.take(); next !== undefined; next = this.#waiting.take()) {
      if (!stays(next)) {
        taken.push(next);
        continue;
      }
      kept.push(next);
      this.#first_expiry = Math.min(this.#first_expiry, next.lease_until);
    }
    this.#waiting = kept;
    this.#backlog -= taken.filter(({ is_backlog }) => is_backlog).length;
    return taken;
  }
}
