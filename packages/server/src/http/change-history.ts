import { passes, type ChangeFilter, type ShownChange } from '../rpc/views/change.ts';
import { eventText } from './event-stream.ts';

/** An event of the stream, with its text for all clients. */
interface Entry extends Pick<ShownChange, 'type' | 'hook_id' | 'tenant' | 'owner'> {
  readonly seq: number;
  readonly text: string;
  /** Its text for portals. */
  readonly portal_text: string;
}

const EVENTS_MAX = 2_000;
/** Characters; the view of a delivery has about 600. */
const CHARACTERS_MAX = 4 * 1024 * 1024;

const textOf = (entries: readonly Entry[], filter: ChangeFilter): string =>
  entries
    .filter((entry) => passes(entry, filter))
    .map(({ text, portal_text }) => (filter.owner === undefined ? text : portal_text))
    .join('');

const keyOf = ({ tenant, hook_id, owner }: ChangeFilter): string => JSON.stringify([tenant, hook_id, owner]);

/** The latest events of one workspace, for clients that resume. */
export class ChangeHistory {
  readonly #epoch: string;
  #entries: Entry[] = [];
  #characters = 0;
  /** The number of the latest event. */
  #seq = 0;

  /** `epoch` distinguishes this history from earlier ones, which have used the same numbers. */
  constructor(epoch: string) {
    this.#epoch = epoch;
  }

  /** The id of the latest event. */
  get lastId(): string {
    return this.#idOf(this.#seq);
  }

  /** Adds a batch, and returns what a client with a filter gets of it: one text for all clients with equal filters. */
  add(changes: readonly ShownChange[]): (filter: ChangeFilter) => string {
    const added = changes.map(({ type, hook_id, tenant, owner, data, portal_data }): Entry => {
      const seq = ++this.#seq;
      const id = this.#idOf(seq);
      const text = eventText({ id, type, data: JSON.stringify(data) });
      const portal_text =
        portal_data === undefined ? text : eventText({ id, type, data: JSON.stringify(portal_data) });
      this.#characters += text.length;
      return { seq, type, hook_id, tenant, owner, text, portal_text };
    });
    this.#entries.push(...added);
    this.#trim();
    const texts = new Map<string, string>();
    return (filter) => {
      const key = keyOf(filter);
      const text = texts.get(key) ?? textOf(added, filter);
      texts.set(key, text);
      return text;
    };
  }

  /** The events after `last_id` that a filter lets pass; null if that id is not known anymore. */
  since(last_id: string, filter: ChangeFilter): string | null {
    const dash = last_id.lastIndexOf('-');
    const seq = Number(last_id.slice(dash + 1));
    if (last_id.slice(0, dash) !== this.#epoch || !/^\d{1,15}$/.test(last_id.slice(dash + 1))) return null;
    const oldest = this.#seq - this.#entries.length;
    if (seq < oldest || seq > this.#seq) return null;
    return textOf(this.#entries.slice(seq - oldest), filter);
  }

  /** The event that makes a client read everything again. */
  reset(): string {
    return eventText({ id: this.lastId, type: 'reset', data: '{}' });
  }

  #idOf(seq: number): string {
    return `${this.#epoch}-${seq}`;
  }

  #trim(): void {
    let dropped = Math.max(0, this.#entries.length - EVENTS_MAX);
    for (const { text } of this.#entries.slice(0, dropped)) this.#characters -= text.length;
    while (this.#characters > CHARACTERS_MAX) {
      this.#characters -= this.#entries[dropped]?.text.length ?? this.#characters;
      dropped += 1;
    }
    if (dropped > 0) this.#entries = this.#entries.slice(dropped);
  }
}
