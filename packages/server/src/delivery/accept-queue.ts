import { ownerKey, ownerOf } from '../core/owner.ts';
import type { NewEvent } from '../ports/store.ts';
import type { Admits } from './backpressure.ts';
import { FairQueue } from '../core/fair-queue.ts';

/** Events per transaction: enough to share the fsync, few enough not to block the event loop. */
const EVENTS_MAX = 256;
/** JSON characters per transaction: one or two events of a megabyte. */
const CHARACTERS_MAX = 1024 * 1024;

interface WithEvent {
  readonly event: NewEvent;
}

const sizeOf = ({ event }: WithEvent): number =>
  event.data_text.length + (event.previous_data_text?.length ?? 0);

/** The events that wait to be accepted: round robin over workspaces, and within a workspace over tenants. */
export class AcceptQueue<W extends WithEvent> {
  readonly #waiting = new FairQueue<W>();
  /** Events that did not fit the last batch, one per owner: the first of them is first in the next one. */
  #deferred: readonly W[] = [];

  get size(): number {
    return this.#waiting.size + this.#deferred.length;
  }

  hasWaiting(event: NewEvent): boolean {
    return this.#waiting.sizeAt(ownerOf(event)) > 0;
  }

  push(waiting: W): void {
    this.#waiting.push(ownerOf(waiting.event), waiting);
  }

  /** Removes and returns the events of the next batch: those of owners that are admitted. */
  take(admits: Admits): readonly W[] {
    const isOpen = ({ event }: W): boolean => admits(ownerOf(event));
    const { open = [], closed = [] } = Object.groupBy(this.#deferred, (one) =>
      isOpen(one) ? 'open' : 'closed',
    );
    this.#deferred = closed;
    const taken: W[] = open;
    let characters = open.reduce((sum, one) => sum + sizeOf(one), 0);
    while (taken.length < EVENTS_MAX && characters < CHARACTERS_MAX) {
      const next = this.#waiting.take(isOpen);
      if (next === undefined) break;
      characters += sizeOf(next);
      taken.push(next);
    }
    return taken;
  }

  /** Returns the events that did not fit a batch. Only the first of each owner stays ahead of the other owners. */
  defer(events: readonly W[]): void {
    const ahead = new Map(this.#deferred.map((one) => [ownerKey(ownerOf(one.event)), one]));
    const others: W[] = [];
    for (const one of events) {
      const key = ownerKey(ownerOf(one.event));
      if (ahead.has(key)) others.push(one);
      else ahead.set(key, one);
    }
    this.#deferred = [...ahead.values()];
    for (const one of others.toReversed()) this.#waiting.putBack(ownerOf(one.event), one);
  }

  hasOpen(admits: Admits): boolean {
    const isOpen = ({ event }: W): boolean => admits(ownerOf(event));
    return this.#deferred.some(isOpen) || this.#waiting.hasOpen(isOpen);
  }

  /** Removes and returns the events for which `isOver` is true. */
  remove(isOver: (one: W) => boolean): readonly W[] {
    if (![...this.#deferred, ...this.#waiting].some(isOver)) return [];
    const { over = [], kept = [] } = Object.groupBy(this.takeAll(), (one) => (isOver(one) ? 'over' : 'kept'));
    for (const one of kept) this.push(one);
    return over;
  }

  takeAll(): readonly W[] {
    const all = [...this.#deferred, ...this.#waiting.takeAll()];
    this.#deferred = [];
    return all;
  }
}
