import { LRUCache } from 'lru-cache';
import { atMost } from '../core/at-most.ts';
import { hasSchedule } from '../core/event.ts';
import { isSuspect } from '../core/suspicion.ts';
import type { Clock } from '../ports/clock.ts';
import type { DueHook, Lease, LeasedDelivery } from '../ports/store.ts';
import { type ConcurrencyLimits, HookQueue } from './hook-queue.ts';
import type { HookThrottles } from './hook-throttles.ts';
import { ReadyHooks } from './ready-hooks.ts';
import { type Owner, ownerOf } from '../core/owner.ts';
import { Shares } from './shares.ts';
import { gradeOf } from './slots.ts';
import { SuspectQueue } from './suspect-queue.ts';

export interface SchedulerOptions {
  readonly clock: Clock;
  readonly limits: ConcurrencyLimits;
  readonly throttles: HookThrottles;
  /** Starts the attempts of one turn of the event loop. */
  readonly start: (batch: readonly LeasedDelivery[]) => void;
}

/** Deliveries per hook and refill. */
const REFILL_MAX = 256;
/** Minimum time between looks at all hooks with attempts in flight: thousands of them take a millisecond. */
const CLASSIFY_EVERY_MS = 25;
/** Idle hooks whose smoothed duration is remembered. */
const REMEMBERED_MAX = 50_000;

/**
 * Decides which leased delivery is sent next: of the workspace that holds the fewest slots, within it of the tenant that
 * holds the fewest, and within that of the hook with the fewest attempts in flight. Each hook has its own few slots, so
 * that a hanging receiver uses only those; slots.ts limits the total, each workspace and each tenant. The scheduler
 * holds only slots and queues: the store is authoritative.
 */
export class Scheduler {
  readonly #clock: Clock;
  readonly #limits: ConcurrencyLimits;
  readonly #throttles: HookThrottles;
  readonly #start: SchedulerOptions['start'];
  readonly #queues = new Map<string, HookQueue>();
  readonly #smoothed_ms = new LRUCache<string, number>(atMost(REMEMBERED_MAX));
  readonly #shares = new Shares();
  readonly #ready: ReadyHooks;
  /** Hooks with attempts in flight. */
  readonly #busy = new Set<HookQueue>();
  /** Hooks whose queue has at least the maximum length for a slow hook. */
  readonly #long = new Set<HookQueue>();
  /** Hooks with due deliveries in the store that did not fit into memory. */
  readonly #backlogged = new Set<HookQueue>();
  /** Manual attempts and test sends, which bypass the hook's queue. */
  readonly #manual: LeasedDelivery[] = [];
  readonly #suspects = new SuspectQueue();
  #classified = -Infinity;
  #is_awake = false;
  #is_closed = false;

  constructor({ clock, limits, throttles, start }: SchedulerOptions) {
    this.#clock = clock;
    this.#limits = limits;
    this.#throttles = throttles;
    this.#start = start;
    this.#ready = new ReadyHooks(this.#shares, limits);
  }

  get inFlight(): number {
    return this.#shares.total.held[0] ?? 0;
  }

  get queued(): number {
    return this.#shares.total.queued + this.#suspects.size;
  }

  /** Queues leased deliveries for sending. Returns those that did not fit. */
  offer(leased: readonly LeasedDelivery[]): readonly LeasedDelivery[] {
    const now = this.#clock.monotonic();
    const refused = leased.filter((one) => !this.#enqueue(one, now));
    if (leased.length > 0) this.#wake();
    return refused;
  }

  /**
   * Releases the slot of a delivery. `expected_ms`: how long its attempt took until the answer, and may take to be recorded
   * when the disk is fast; null if it never started.
   */
  releaseSlot(lease: Lease, expected_ms: number | null): void {
    const { id, hook_id } = lease.delivery;
    const queue = this.#queues.get(hook_id);
    if (queue === undefined) return;
    const now = this.#clock.monotonic();
    if (!queue.releaseSlot(lease, now, expected_ms)) return;
    const path = ownerOf(lease.delivery);
    this.#shares.addHeld(path, queue.grade, -1);
    this.#ready.rank(path);
    this.#suspects.end(id);
    if (queue.inFlight === 0) this.#busy.delete(queue);
    this.#classify(queue, now);
    this.#ready.place(queue, now);
    this.#pruneIdle(queue);
    if (this.queued > 0) this.#wake();
  }

  /**
   * Queued deliveries that make accepts wait: leased when they were accepted, and waiting for a slot, not for a slow hook
   * or the isolated thread. A backlog in the store does not: accepting must go on while it drains.
   */
  due(): number {
    this.#classifyBusy();
    return this.#shares.total.due;
  }

  /** As `due`, of one workspace and of one of its tenants, since the last call of `due`. */
  dueOf(owner: Owner): { readonly workspace: number; readonly tenant: number } {
    const { workspace, tenant } = this.#shares.of(owner);
    return { workspace: workspace.due, tenant: tenant.due };
  }

  /** The number of queued deliveries of a workspace, or of one of its tenants. */
  queuedOf(workspace_id: string, tenant: string | null): number {
    const shares = this.#shares.of([workspace_id, tenant ?? '']);
    return (tenant === null ? shares.workspace : shares.tenant).queued;
  }

  /** Whether a hook has a full queue; from now on it counts as having a backlog in the store. */
  isSaturated(hook_id: string): boolean {
    if (this.#throttles.isLimited(hook_id)) return true;
    const queue = this.#queues.get(hook_id);
    if (queue === undefined || !this.#isFull(queue)) return false;
    this.#backlogged.add(queue);
    return true;
  }

  /** Removes and returns the deliveries of slow hooks beyond their limit. */
  shedOverflow(): readonly LeasedDelivery[] {
    this.#classifyBusy();
    const now = this.#clock.monotonic();
    const shed: LeasedDelivery[] = [];
    // A queue that gets short leaves the set; deleting the current entry while iterating is safe.
    for (const queue of this.#long) {
      const limit = queue.limit(now, this.#limits);
      if (queue.length > limit) shed.push(...this.#takeOut(queue, () => queue.shed(limit)));
    }
    if (this.queued > 0) this.#wake();
    return shed;
  }

  /** Removes and returns queued deliveries whose leases are about to expire. */
  takeExpiring(): readonly LeasedDelivery[] {
    const now = this.#clock.now();
    const expiring = [...this.#suspects.takeExpiring(now)];
    for (const queue of this.#queues.values()) {
      expiring.push(...this.#takeOut(queue, () => queue.takeExpiring(now)));
    }
    return expiring;
  }

  /** Removes and returns the queued deliveries of a hook whose breaker has opened. */
  takeQueued(hook_id: string): readonly LeasedDelivery[] {
    const queue = this.#queues.get(hook_id);
    return queue === undefined ? [] : this.#takeOut(queue, () => queue.shed(0));
  }

  /** The number of deliveries of a hook that memory has room for. */
  room(hook_id: string): number {
    const queue = this.#queues.get(hook_id);
    const width = this.#throttles.widthOf(hook_id, this.#limits.hook_concurrency);
    if (width !== null) return Math.max(0, width - (queue?.length ?? 0) - (queue?.inFlight ?? 0));
    if (queue === undefined) return this.#limits.hook_concurrency * 4;
    return queue.room(this.#clock.monotonic(), this.#limits);
  }

  /** Hooks with a backlog in the store and little left in memory; each is returned once per noted backlog. */
  needRefill(): readonly (DueHook & { readonly limit: number })[] {
    const found = [];
    for (const queue of this.#backlogged) {
      const { hook_id, workspace_id, length } = queue;
      if (length > this.#limits.hook_concurrency / 2) continue;
      const limit = Math.min(this.room(hook_id), REFILL_MAX);
      if (limit === 0) continue;
      this.#backlogged.delete(queue);
      found.push({ hook_id, workspace_id, limit });
      this.#pruneIdle(queue);
    }
    return found;
  }

  noteBacklog({ hook_id, workspace_id }: DueHook): void {
    this.#backlogged.add(this.#queueOf(hook_id, workspace_id));
  }

  /** The deliveries that are queued or in flight here. */
  *held(): Generator<string> {
    for (const queue of this.#queues.values()) yield* queue.deliveryIds();
    yield* this.#suspects.deliveryIds();
  }

  /** Stops starting attempts; removes and returns everything queued. */
  close(): readonly LeasedDelivery[] {
    this.#is_closed = true;
    const queued = [...this.#queues.values()].flatMap((queue) => this.#takeOut(queue, () => queue.shed(0)));
    return [...queued, ...this.#suspects.takeAll()];
  }

  #queueOf(hook_id: string, workspace_id: string): HookQueue {
    const known = this.#queues.get(hook_id);
    if (known !== undefined) return known;
    const queue = new HookQueue(hook_id, workspace_id, this.#smoothed_ms.get(hook_id) ?? null);
    this.#queues.set(hook_id, queue);
    return queue;
  }

  #enqueue(leased: LeasedDelivery, now: number): boolean {
    const { delivery } = leased;
    if (isSuspect(delivery)) return this.#suspects.push(leased);
    const queue = this.#queueOf(delivery.hook_id, delivery.workspace_id);
    if (!hasSchedule(delivery.trigger) && queue.hasReservedSlot(this.#limits)) {
      this.#occupySlot(queue, leased, now);
      this.#manual.push(leased);
      return true;
    }
    queue.push(leased);
    this.#shares.addQueued(ownerOf(delivery), 1);
    this.#countDue(queue, [leased], 1);
    if (queue.length >= this.#limits.hook_concurrency) this.#long.add(queue);
    this.#ready.place(queue, now);
    return true;
  }

  #occupySlot(queue: HookQueue, lease: Lease, now: number): void {
    queue.occupySlot(lease, now);
    this.#busy.add(queue);
    const path = ownerOf(lease.delivery);
    this.#shares.addHeld(path, queue.grade, 1);
    this.#ready.rank(path);
    this.#ready.place(queue, now);
  }

  /** Counts queued deliveries that make accepts wait. */
  #countDue(queue: HookQueue, leased: readonly LeasedDelivery[], change: 1 | -1): void {
    if (!queue.counts) return;
    for (const { delivery, is_backlog } of leased) {
      if (!is_backlog) this.#shares.addDue(ownerOf(delivery), change);
    }
  }

  #classify(queue: HookQueue, now: number): void {
    const grade = gradeOf(queue.pace(now));
    const counts = queue.countsAt(grade);
    if (grade === queue.grade && counts === queue.counts) return;
    const before = queue.grade;
    const fresh = counts === queue.counts ? [] : queue.fresh();
    this.#countDue(queue, fresh, -1);
    queue.grade = grade;
    queue.counts = counts;
    this.#countDue(queue, fresh, 1);
    if (grade === before) return;
    for (const path of queue.pathsInFlight()) {
      this.#shares.regrade(path, before, grade);
      this.#ready.rank(path);
    }
  }

  /** A hook whose attempts hang becomes slow without any further event. */
  #classifyBusy(): void {
    const now = this.#clock.monotonic();
    if (now - this.#classified < CLASSIFY_EVERY_MS) return;
    this.#classified = now;
    for (const queue of this.#busy) this.#classify(queue, now);
  }

  #isFull(queue: HookQueue): boolean {
    if (this.#long.has(queue) && queue.length >= queue.limit(this.#clock.monotonic(), this.#limits))
      return true;
    // A hook with a rate limit or a ramp keeps no more in memory than it can send now.
    const is_throttled = this.#throttles.widthOf(queue.hook_id, this.#limits.hook_concurrency) !== null;
    return is_throttled && this.#busy.has(queue) && this.room(queue.hook_id) === 0;
  }

  #pruneIdle(queue: HookQueue): void {
    if (!queue.isIdle || this.#backlogged.has(queue)) return;
    if (queue.smoothed_ms !== null) this.#smoothed_ms.set(queue.hook_id, queue.smoothed_ms);
    this.#queues.delete(queue.hook_id);
    this.#long.delete(queue);
  }

  #takeOut(queue: HookQueue, take: () => readonly LeasedDelivery[]): readonly LeasedDelivery[] {
    const taken = take();
    if (taken.length === 0) return taken;
    for (const { delivery } of taken) this.#shares.addQueued(ownerOf(delivery), -1);
    this.#countDue(queue, taken, -1);
    this.#ready.place(queue, this.#clock.monotonic());
    this.#backlogged.add(queue);
    if (queue.length < this.#limits.hook_concurrency) this.#long.delete(queue);
    return taken;
  }

  // Once per turn of the event loop, so that all its deliveries are sent as one batch.
  #wake(): void {
    if (this.#is_awake || this.#is_closed) return;
    this.#is_awake = true;
    this.#clock.soon(() => this.#startNext());
  }

  #startNext(): void {
    this.#is_awake = false;
    const now = this.#clock.monotonic();
    if (this.inFlight >= this.#limits.concurrency) this.#classifyBusy();
    const batch = this.#manual.splice(0);
    const suspect = this.#suspects.take();
    if (suspect !== undefined) {
      const { hook_id, workspace_id } = suspect.delivery;
      this.#occupySlot(this.#queueOf(hook_id, workspace_id), suspect, now);
      batch.push(suspect);
    }
    batch.push(...this.#takeReady(now));
    if (batch.length > 0) this.#start(batch);
  }

  /** Fills the free slots. */
  #takeReady(now: number): readonly LeasedDelivery[] {
    const batch: LeasedDelivery[] = [];
    for (let next = this.#ready.next(); next !== undefined; next = this.#ready.next()) {
      const { queue, path, pace } = next;
      this.#ready.remove(queue);
      this.#classify(queue, now);
      const leased = queue.pace(now) === pace ? queue.take(path) : undefined;
      if (leased !== undefined) batch.push(this.#started(queue, leased, now));
      // Its pace has changed, or its delivery was taken out.
      else this.#ready.place(queue, now);
    }
    return batch;
  }

  #started(queue: HookQueue, leased: LeasedDelivery, now: number): LeasedDelivery {
    this.#shares.addQueued(ownerOf(leased.delivery), -1);
    this.#countDue(queue, [leased], -1);
    if (queue.length < this.#limits.hook_concurrency) this.#long.delete(queue);
    this.#occupySlot(queue, leased, now);
    return leased;
  }
}
