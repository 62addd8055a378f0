import type { Delivery } from '@bellwire/server';
import type { OpenStreamEvent } from './stream.ts';

/** Deliveries beyond which reading all of them is cheaper. */
const QUEUED_MAX = 1_000;

/** The changes of a stream that were not taken yet. */
export class WatchQueue<D extends Delivery> {
  readonly #matches: (delivery: Delivery) => boolean | null;
  #deliveries: D[] = [];
  #must_read = true;
  #arrival = Promise.withResolvers<void>();
  /** Whether changes arrive: otherwise, the deliveries must be polled. */
  is_live = false;

  /** `matches`: whether a delivery is watched; null if only a read can tell. */
  constructor(matches: (delivery: Delivery) => boolean | null) {
    this.#matches = matches;
  }

  /** Queues the events of a stream until it ends. Never rejects. */
  async fill(events: AsyncIterable<OpenStreamEvent>): Promise<void> {
    try {
      for await (const event of events) this.#add(event);
    } catch {
      // The server offers no stream, or not to this key. The next read reports what is wrong, if anything is.
    }
    this.is_live = false;
    this.requireRead();
  }

  /** Everything that has arrived. `must_read`: the deliveries are not all that has changed. */
  take(): { readonly must_read: boolean; readonly deliveries: readonly D[] } {
    const taken = { must_read: this.#must_read, deliveries: this.#deliveries };
    this.#must_read = false;
    this.#deliveries = [];
    this.#arrival = Promise.withResolvers();
    return taken;
  }

  /** Resolves when there is something to take. */
  arrived(): Promise<void> {
    return this.#arrival.promise;
  }

  requireRead(): void {
    this.#must_read = true;
    this.#deliveries = [];
    this.#arrival.resolve();
  }

  #add(event: OpenStreamEvent): void {
    if (event.type === 'open') this.is_live = true;
    if (event.type === 'lost') this.is_live = false;
    if (event.type === 'hook' || event.type === 'recovery') return;
    if (event.type !== 'delivery') {
      this.requireRead();
      return;
    }
    const is_match = this.#matches(event.data);
    if (is_match === false) return;
    if (is_match === null || this.#deliveries.length >= QUEUED_MAX) this.requireRead();
    // A read that is due shows this delivery, too.
    else if (!this.#must_read) {
      this.#deliveries.push(event.data as D);
      this.#arrival.resolve();
    }
  }
}
