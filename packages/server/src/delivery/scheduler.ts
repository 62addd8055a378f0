import { LRUCache } from 'lru-cache';
import { isSuspect } from '../core/suspicion.ts';
import type { Clock } from '../ports/clock.ts';
import type { DueHook, Lease, LeasedDelivery } from '../ports/store.ts';
import { FairQueue } from './fair-queue.ts';
import { type ConcurrencyLimits, HookQueue, type Pace } from './hook-queue.ts';
import { mayStart } from './slots.ts';
import { SlowHooks } from './slow-hooks.ts';
import { SuspectQueue } from './suspect-queue.ts';

export interface SchedulerOptions {
  readonly clock: Clock;
  readonly limits: ConcurrencyLimits;
  /** Starts the attempts of one turn of the event loop. */
  readonly start: (batch: readonly LeasedDelivery[]) => void;
}

/** Deliveries that one refill fetches for a hook. */
const REFILL_MAX = 256;
/** Hooks without anything in memory whose usual duration is remembered. */
const REMEMBERED_MAX = 50_000;
/** New hooks that one turn passes over when only the reserve of the fast ones is left. */
const PASSED_OVER_MAX = 64;

/**
 * Decides which leased delivery is sent next. Workspaces take turns, within a workspace its tenants, and within a
 * tenant its hooks: one delivery a turn. Each hook has its own few slots, and slots.ts says how many all of them have, so
 * that a hanging receiver uses only its own. Holds no more than slots and queues: the store has the truth.
 */
export class Scheduler {
  readonly #clock: Clock;
  readonly #limits: ConcurrencyLimits;
  readonly #start: SchedulerOptions['start'];
  readonly #queues = new Map<string, HookQueue>();
  readonly #usual_ms = new LRUCache<string, number>({ max: REMEMBERED_MAX });
  /** Hooks that have something waiting and a free slot of their own; the slow ones apart. */
  readonly #ready = new FairQueue<HookQueue>();
  readonly #slow_ready = new FairQueue<HookQueue>();
  /** Hooks with attempts in flight. */
  readonly #busy = new Set<HookQueue>();
  readonly #slow = new SlowHooks();
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
    return this.#queued + this.#suspects.size;
  }

  /** Queues leased deliveries for sending. Returns those that did not fit. */
  offer(leased: readonly LeasedDelivery[]): readonly LeasedDelivery[] {
    const now = this.#clock.monotonic();
    const refused = leased.filter((one) => !this.#enqueue(one, now));
    if (leased.length > 0) this.#wake();
    return refused;
  }

  /** Frees the slot of a delivery whose attempt has ended, or was never made. */
  releaseSlot(lease: Lease): void {
    const { id, hook_id } = lease.delivery;
    const queue = this.#queues.get(hook_id);
    if (queue === undefined) return;
    const now = this.#clock.monotonic();
    if (!this.#slow.change(queue, () => queue.releaseSlot(lease, now))) return;
    this.#in_flight -= 1;
    this.#suspects.end(id);
    if (queue.inFlight === 0) this.#busy.delete(queue);
    this.#classify(queue, now);
    this.#makeReady(queue, now);
    this.#pruneIdle(queue);
    if (this.queued > 0) this.#wake();
  }

  /** How many queued deliveries wait for us and not for their hook or thread: these hold accepts back. */
  due(): number {
    this.#classifyBusy();
    return this.#queued - this.#slow.queued;
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
      if (queue.length > limit) shed.push(...this.#takeOut(queue, () => queue.shed(limit)));
    }
    if (this.queued > 0) this.#wake();
    return shed;
  }

  /** Takes out queued deliveries whose leases are about to run out. */
  takeExpiring(): readonly LeasedDelivery[] {
    const now = this.#clock.now();
    const expiring = [...this.#suspects.takeExpiring(now)];
    for (const queue of this.#queues.values()) {
      expiring.push(...this.#takeOut(queue, () => queue.takeExpiring(now)));
    }
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
    for (const queue of this.#queues.values()) yield* queue.deliveryIds();
    yield* this.#suspects.deliveryIds();
  }

  /** Starts nothing more and hands out everything that is queued. */
  close(): readonly LeasedDelivery[] {
    this.#is_closed = true;
    const queued = [...this.#queues.values()].flatMap((queue) => this.#takeOut(queue, () => queue.shed(0)));
    return [...queued, ...this.#suspects.takeAll()];
  }

  #queueOf(hook_id: string, workspace_id: string): HookQueue {
    let queue = this.#queues.get(hook_id);
    if (queue === undefined) {
      queue = new HookQueue(hook_id, workspace_id, this.#usual_ms.get(hook_id) ?? null);
      this.#queues.set(hook_id, queue);
      this.#classify(queue, this.#clock.monotonic());
    }
    return queue;
  }

  #enqueue(leased: LeasedDelivery, now: number): boolean {
    const { delivery } = leased;
    if (isSuspect(delivery)) return this.#suspects.push(leased);
    const queue = this.#queueOf(delivery.hook_id, delivery.workspace_id);
    if (delivery.trigger !== 'scheduled' && queue.hasReservedSlot(this.#limits)) {
      this.#occupySlot(queue, leased, now);
      this.#manual.push(leased);
      return true;
    }
    this.#slow.change(queue, () => queue.push(leased));
    this.#queued += 1;
    if (queue.length >= this.#limits.hook_concurrency) this.#long.add(queue);
    this.#makeReady(queue, now);
    return true;
  }

  #occupySlot(queue: HookQueue, lease: Lease, now: number): void {
    this.#slow.change(queue, () => queue.occupySlot(lease, now));
    this.#busy.add(queue);
    this.#in_flight += 1;
  }

  #makeReady(queue: HookQueue, now: number): void {
    if (queue.is_ready || queue.length === 0 || !queue.hasFreeSlot(this.#limits)) return;
    queue.is_ready = true;
    (queue.pace(now) === 'slow' ? this.#slow_ready : this.#ready).push(queue.turn, queue);
  }

  #classify(queue: HookQueue, now: number): void {
    if (queue.pace(now) === 'slow') this.#slow.add(queue);
    else this.#slow.delete(queue);
  }

  /** Time alone makes a hook slow whose attempts hang. */
  #classifyBusy(): void {
    const now = this.#clock.monotonic();
    for (const queue of this.#busy) this.#classify(queue, now);
  }

  #pruneIdle(queue: HookQueue): void {
    if (!queue.isIdle || queue.is_ready || this.#backlogged.has(queue)) return;
    if (queue.usual_ms !== null) this.#usual_ms.set(queue.hook_id, queue.usual_ms);
    this.#queues.delete(queue.hook_id);
    this.#slow.delete(queue);
    this.#long.delete(queue);
  }

  #takeOut(queue: HookQueue, take: () => readonly LeasedDelivery[]): readonly LeasedDelivery[] {
    const taken = this.#slow.change(queue, take);
    if (taken.length === 0) return taken;
    this.#queued -= taken.length;
    this.#backlogged.add(queue);
    if (queue.length < this.#limits.hook_concurrency) this.#long.delete(queue);
    return taken;
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
    const { hook_id, workspace_id } = suspect.delivery;
    this.#occupySlot(this.#queueOf(hook_id, workspace_id), suspect, now);
    return suspect;
  }

  /** As many as there are slots for. Slow hooks and all others take turns. */
  #takeReady(now: number): readonly LeasedDelivery[] {
    const batch: LeasedDelivery[] = [];
    const passed_over: HookQueue[] = [];
    for (let started = -1; started !== batch.length;) {
      started = batch.length;
      const prompt = this.#mayStart('fast') ? this.#takeNext(this.#ready, now, passed_over) : undefined;
      const slow = this.#mayStart('slow') ? this.#takeNext(this.#slow_ready, now, passed_over) : undefined;
      for (const leased of [prompt, slow]) if (leased !== undefined) batch.push(leased);
    }
    for (const queue of passed_over) this.#makeReady(queue, now);
    return batch;
  }

  #mayStart(pace: Pace): boolean {
    const occupied = { in_flight: this.#in_flight, slow: this.#slow.in_flight };
    return mayStart(pace, occupied, this.#limits.concurrency);
  }

  /** The next delivery that may start; hooks whose pace has no slot left now are passed over. */
  #takeNext(ready: FairQueue<HookQueue>, now: number, passed_over: HookQueue[]): LeasedDelivery | undefined {
    while (passed_over.length < PASSED_OVER_MAX) {
      const queue = ready.take();
      if (queue === undefined) return undefined;
      queue.is_ready = false;
      if (!queue.hasFreeSlot(this.#limits)) continue;
      const pace = queue.pace(now);
      // Its pace has changed since it was put here.
      if ((pace === 'slow') !== (ready === this.#slow_ready)) this.#makeReady(queue, now);
      else if (!this.#mayStart(pace)) passed_over.push(queue);
      else {
        const leased = this.#takeFrom(queue, now);
        if (leased !== undefined) return leased;
      }
    }
    return undefined;
  }

  #takeFrom(queue: HookQueue, now: number): LeasedDelivery | undefined {
    const leased = this.#slow.change(queue, () => queue.take());
    if (leased === undefined) {
      this.#pruneIdle(queue);
      return undefined;
    }
    this.#queued -= 1;
    if (queue.length < this.#limits.hook_concurrency) this.#long.delete(queue);
    this.#occupySlot(queue, leased, now);
    this.#makeReady(queue, now);
    return leased;
  }
}
