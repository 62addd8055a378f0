import { BellwireError } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import { EventStream, eventText } from './event-stream.ts';
import { type InboxEntry, shownEntry } from './inbox-entry.ts';
import type { InboxStore } from './inbox-store.ts';

/** Open pages. */
const STREAMS_MAX = 20;

const textOf = (entry: InboxEntry): string =>
  eventText({ id: String(entry.id), type: 'entry', data: JSON.stringify(shownEntry(entry)) });

/** The open pages of all inboxes, which get each new request. */
export class InboxStreams {
  readonly #store: InboxStore;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #open = new Map<EventStream, string>();
  #is_closed = false;

  constructor(store: InboxStore, clock: Pick<Clock, 'after'>) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Streams the requests to an inbox after the entry `after`. @throws BellwireError `overloaded`, `shutting_down` */
  open(name: string, after: number): Response {
    if (this.#is_closed) throw new BellwireError('shutting_down', 'The server is shutting down.');
    if (this.#open.size >= STREAMS_MAX) {
      throw new BellwireError('overloaded', `${STREAMS_MAX} pages of the inbox are open. Close one.`);
    }
    const reset = (): string => eventText({ id: String(this.#store.lastId), type: 'reset', data: '{}' });
    const stream = new EventStream({ clock: this.#clock, reset, onEnd: () => this.#open.delete(stream) });
    this.#open.set(stream, name);
    // A higher id comes from another database.
    const missed = after > this.#store.lastId ? [] : this.#store.list(name, after).toReversed();
    stream.send(`retry: 1000\n\n${after > this.#store.lastId ? reset() : missed.map(textOf).join('')}`);
    return stream.response();
  }

  publish(name: string, entry: InboxEntry): void {
    let text: string | null = null;
    for (const [stream, of_name] of this.#open) if (of_name === name) stream.send((text ??= textOf(entry)));
  }

  close(): void {
    this.#is_closed = true;
    for (const stream of this.#open.keys()) stream.end();
  }
}
