import type { HookQueue } from './hook-queue.ts';

/** The slow hooks with running totals, so that these need no walk over all of them. */
export class SlowHooks {
  readonly #queues = new Set<HookQueue>();
  #in_flight = 0;
  #fresh = 0;

  /** Attempts in flight to slow hooks. */
  get in_flight(): number {
    return this.#in_flight;
  }

  /** Deliveries queued for slow hooks since they were accepted. */
  get fresh(): number {
    return this.#fresh;
  }

  add(queue: HookQueue): void {
    if (this.#queues.has(queue)) return;
    this.#queues.add(queue);
    this.#count(queue, 1);
  }

  delete(queue: HookQueue): void {
    if (this.#queues.delete(queue)) this.#count(queue, -1);
  }

  /** Changes a queue and keeps the totals correct. */
  change<T>(queue: HookQueue, work: () => T): T {
    if (!this.#queues.has(queue)) return work();
    this.#count(queue, -1);
    const result = work();
    this.#count(queue, 1);
    return result;
  }

  #count(queue: HookQueue, sign: 1 | -1): void {
    this.#in_flight += sign * queue.inFlight;
    this.#fresh += sign * queue.fresh;
  }
}
