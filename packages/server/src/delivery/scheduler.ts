import { isSuspect } from '../core/suspicion.ts';
import type { Clock } from '../ports/clock.ts';
import type { DueHook, LeasedDelivery } from '../ports/store.ts';
import { FairQueue } from './fair-queue.ts';
import { type ConcurrencyLimits, HookQueue } from './hook-queue.ts';
import { SuspectQueue } from './suspect-queue.ts';

export interface SchedulerOptions {
  readonly clock: Clock;
  readonly limits: ConcurrencyLimits;
  /** Starts the attempts of one turn of the event loop. */
  readonly start: (batch: readonly LeasedDelivery[]) => void;
}

/** Deliveries that one refill fetches for a hook. */
const REFILL_MAX = 256;

/**
 * Decides which leased delivery is sent next. Workspaces take turns, within a workspace its tenants, and within a
 * tenant its hooks: one delivery a turn. Each hook has its own few slots, and all slow ones together at most half of
 * all slots, so that a hanging receiver uses only its own. Holds no more than slots and queues: the store has the truth.
 */
export class Scheduler {
  readonly #clock: Clock;
  readonly #limits: ConcurrencyLimits;
  readonly #start: SchedulerOptions['start'];
  readonly #queues = new Map<string, HookQueue>();
  readonly #ready = new FairQueue<HookQueue>();
  /** Hooks with attempts in flight. */
  readonly #busy = new Set<HookQueue>();
  readonly #slow = new Set<HookQueue>();
  /** Hooks whose queue is as long as a slow hook's may be, or longer. */
  readonly #long = new Set<HookQueue>();
  /** Hooks with due deliveries in the store that memory had no room for. */
  readonly #backlogged = new Set<HookQueue>();
  /** Manual attempts and test sends: they do not wait behind the hook's queue. */
  readonly #manual: LeasedDelivery[] = [];
  readonly #suspects = new SuspectQueue();
  #in_flight = 0;
  #queued = 0;
  #is_awake = false;
  #is_closed = false;

  constructor({ clock, limits, start }: SchedulerOptions) {
    this.#clock = clock;
    this.#limits = limits;
    this.#start = start;
  }

  get inFlight(): number {
    return this.#in_flight;
  }

  get queued(): number {
    return this.#queued;
  }

  /** Queues leased deliveries for sending. */
  offer(leased: readonly LeasedDelivery[]): void {
    const now = this.#clock.monotonic();
    for (const one of leased) this.#enqueue(one, now);
    if (leased.length > 0) this.#wake();
  }

  /** Frees the slot of a delivery whose attempt has ended, or was never made. */
  releaseSlot(delivery_id: string, hook_id: string): void {
    const queue = this.#queues.get(hook_id);
    if (queue === undefined || !queue.isFlying(delivery_id)) return;
    const now = this.#clock.monotonic();
    queue.releaseSlot(delivery_id, now);
    this.#in_flight -= 1;
    this.#suspects.end(delivery_id);
    if (queue.inFlight === 0) this.#busy.delete(queue);
    this.#classify(queue, now);
    this.#makeReady(queue);
    this.#pruneIdle(queue);
    if (this.#queued > 0) this.#wake();
  }

  /** How many queued deliveries wait for us and not for their hook: these hold accepts back. */
  due(): number {
    this.#classifyBusy();
    let due = this.#queued;
    for (const queue of this.#slow) due -= queue.length;
    return due;
  }

  /** Hooks that can take nothing more into memory; they are noted to have a backlog in the store. */
  saturatedHooks(): ReadonlySet<string> {
    const now = this.#clock.monotonic();
    const saturated = new Set<string>();
    for (const queue of this.#long) {
      if (queue.length < queue.limit(now, this.#limits)) continue;
      saturated.add(queue.hook_id);
      this.#backlogged.add(queue);
    }
    return saturated;
  }

  /** Takes out what slow hooks have in memory beyond their limit. */
  shedOverflow(): readonly LeasedDelivery[] {
    this.#classifyBusy();
    const now = this.#clock.monotonic();
    const shed: LeasedDelivery[] = [];
    // A queue that gets short leaves the set: deleting the current entry does not disturb the iteration.
    for (const queue of this.#long) {
      const limit = queue.limit(now, this.#limits);
      if (queue.length > limit) shed.push(...this.#shed(queue, limit));
    }
    if (this.#queued > 0) this.#wake();
    return shed;
  }

  /** Takes out queued deliveries whose leases are about to run out. */
  takeExpiring(): readonly LeasedDelivery[] {
    const now = this.#clock.now();
    const expiring: LeasedDelivery[] = [...this.#suspects.takeExpiring(now)];
    for (const queue of this.#queues.values()) {
      const expired = queue.takeExpiring(now);
      if (expired.length === 0) continue;
      this.#backlogged.add(queue);
      expiring.push(...expired);
    }
    this.#queued -= expiring.length;
    return expiring;
  }

  /** How many due deliveries of a hook memory has room for. */
  room(hook_id: string): number {
    const queue = this.#queues.get(hook_id);
    if (queue === undefined) return this.#limits.hook_concurrency * 4;
    return Math.max(0, queue.limit(this.#clock.monotonic(), this.#limits) - queue.length);
  }

  /** Hooks with a backlog in the store and little left in memory; each is named once until its backlog is noted again. */
  needRefill(): readonly (DueHook & { readonly limit: number })[] {
    const now = this.#clock.monotonic();
    const found = [];
    for (const queue of this.#backlogged) {
      if (queue.length > this.#limits.hook_concurrency / 2) continue;
      this.#backlogged.delete(queue);
      const { hook_id, workspace_id } = queue;
      found.push({ hook_id, workspace_id, limit: Math.min(queue.limit(now, this.#limits), REFILL_MAX) });
      this.#pruneIdle(queue);
    }
    return found;
  }

  noteBacklog({ hook_id, workspace_id }: DueHook): void {
    this.#backlogged.add(this.#queueOf(hook_id, workspace_id));
  }

  /** The deliveries that wait or are in flight here. */
  *held(): Generator<string> {
    for (const queue of this.#queues.values()) {
      for (const { delivery } of queue.waiting()) yield delivery.id;
      yield* queue.flying();
    }
    yield* this.#suspects.deliveryIds();
  }

  /** Starts nothing more and hands out everything that is queued. */
  close(): readonly LeasedDelivery[] {
    this.#is_closed = true;
    const queued = [...this.#queues.values()].flatMap((queue) => this.#shed(queue, 0));
    this.#queued -= this.#suspects.size;
    return [...queued, ...this.#suspects.takeAll()];
  }

  #queueOf(hook_id: string, workspace_id: string): HookQueue {
    let queue = this.#queues.get(hook_id);
    if (queue === undefined) {
      queue = new HookQueue(hook_id, workspace_id);
      this.#queues.set(hook_id, queue);
    }
    return queue;
  }

  #enqueue(leased: LeasedDelivery, now: number): void {
    const { delivery } = leased;
    const queue = this.#queueOf(delivery.hook_id, delivery.workspace_id);
    if (isSuspect(delivery)) {
      this.#suspects.push(leased);
      this.#queued += 1;
      return;
    }
    if (delivery.trigger !== 'scheduled' && queue.hasReservedSlot(this.#limits)) {
      this.#occupySlot(queue, delivery.id, now);
      this.#manual.push(leased);
      return;
    }
    queue.push(leased);
    this.#queued += 1;
    if (queue.length >= this.#limits.hook_concurrency) this.#long.add(queue);
    this.#makeReady(queue);
  }

  #occupySlot(queue: HookQueue, delivery_id: string, now: number): void {
    queue.occupySlot(delivery_id, now);
    this.#busy.add(queue);
    this.#in_flight += 1;
  }

  #makeReady(queue: HookQueue): void {
    if (queue.is_ready || queue.length === 0 || !queue.hasFreeSlot(this.#limits)) return;
    queue.is_ready = true;
    this.#ready.push(queue.turn, queue);
  }

  #classify(queue: HookQueue, now: number): void {
    if (queue.isSlow(now)) this.#slow.add(queue);
    else this.#slow.delete(queue);
  }

  /** Time alone makes a hook slow whose attempts hang. */
  #classifyBusy(): void {
    const now = this.#clock.monotonic();
    for (const queue of this.#busy) this.#classify(queue, now);
  }

  #pruneIdle(queue: HookQueue): void {
    if (!queue.isIdle || queue.is_ready || this.#backlogged.has(queue)) return;
    this.#queues.delete(queue.hook_id);
    this.#slow.delete(queue);
    this.#long.delete(queue);
  }

  #shed(queue: HookQueue, limit: number): readonly LeasedDelivery[] {
    const shed = queue.shed(limit);
    this.#queued -= shed.length;
    this.#backlogged.add(queue);
    if (queue.length < this.#limits.hook_concurrency) this.#long.delete(queue);
    return shed;
  }

  // Once a turn of the event loop, so that everything that a turn brings is sent as one batch.
  #wake(): void {
    if (this.#is_awake || this.#is_closed) return;
    this.#is_awake = true;
    this.#clock.soon(() => this.#pump());
  }

  #pump(): void {
    this.#is_awake = false;
    const now = this.#clock.monotonic();
    if (this.#in_flight >= this.#limits.concurrency) this.#classifyBusy();
    const batch = this.#manual.splice(0);
    const suspect = this.#takeSuspect(now);
    if (suspect !== undefined) batch.push(suspect);
    batch.push(...this.#takeReady(now));
    if (batch.length > 0) this.#start(batch);
  }

  #takeSuspect(now: number): LeasedDelivery | undefined {
    const suspect = this.#suspects.take();
    if (suspect === undefined) return undefined;
    const { id, hook_id, workspace_id } = suspect.delivery;
    this.#queued -= 1;
    this.#occupySlot(this.#queueOf(hook_id, workspace_id), id, now);
    return suspect;
  }

  #takeReady(now: number): readonly LeasedDelivery[] {
    const batch: LeasedDelivery[] = [];
    const waiting: HookQueue[] = [];
    let { free, free_for_slow } = this.#freeSlots();
    while (free > 0) {
      const queue = this.#ready.take();
      if (queue === undefined) break;
      queue.is_ready = false;
      const is_slow = this.#slow.has(queue);
      if (is_slow && free_for_slow <= 0) {
        waiting.push(queue);
        continue;
      }
      const leased = queue.hasFreeSlot(this.#limits) ? this.#takeFrom(queue, now) : undefined;
      if (leased === undefined) continue;
      free -= 1;
      if (is_slow) free_for_slow -= 1;
      batch.push(leased);
    }
    for (const queue of waiting) this.#makeReady(queue);
    return batch;
  }

  #takeFrom(queue: HookQueue, now: number): LeasedDelivery | undefined {
    const leased = queue.take();
    if (leased === undefined) {
      this.#pruneIdle(queue);
      return undefined;
    }
    this.#queued -= 1;
    if (queue.length < this.#limits.hook_concurrency) this.#long.delete(queue);
    this.#occupySlot(queue, leased.delivery.id, now);
    this.#makeReady(queue);
    return leased;
  }

  /**
   * The slots that are free for all, and of those for slow hooks. Hooks that turned slow while they held more than
   * their half count for no more than that half: their slots cannot be taken back, but no other hook has to wait.
   */
  #freeSlots(): { free: number; free_for_slow: number } {
    const half = Math.floor(this.#limits.concurrency / 2);
    let slow = 0;
    for (const queue of this.#slow) slow += queue.inFlight;
    const taken = this.#in_flight - slow + Math.min(slow, half);
    return { free: this.#limits.concurrency - taken, free_for_slow: half - slow };
  }
}
