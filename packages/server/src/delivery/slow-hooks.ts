import type { HookQueue } from './hook-queue.ts';

/** The slow hooks with their sums, kept up to date so that no turn has to walk over all of them. */
export class SlowHooks {
  readonly #queues = new Set<HookQueue>();
  #in_flight = 0;
  #queued = 0;

  /** Their attempts in flight. */
  get in_flight(): number {
    return this.#in_flight;
  }

  /** What waits for them in memory. */
  get queued(): number {
    return this.#queued;
  }

  add(queue: HookQueue): void {
    if (this.#queues.has(queue)) return;
    this.#queues.add(queue);
    this.#count(queue, 1);
  }

  delete(queue: HookQueue): void {
    if (this.#queues.delete(queue)) this.#count(queue, -1);
  }

  /** Changes a queue, slow or not. */
  change<T>(queue: HookQueue, work: () => T): T {
    if (!this.#queues.has(queue)) return work();
    this.#count(queue, -1);
    const result = work();
    this.#count(queue, 1);
    return result;
  }

  #count(queue: HookQueue, sign: 1 | -1): void {
    this.#in_flight += sign * queue.inFlight;
    this.#queued += sign * queue.length;
  }
}
