import type { InboxLog } from '../ports/inbox-log.ts';
import type { InboxEntry } from './inbox-entry.ts';

/** An entry as bytes of its own outside the heap, so that the limit below is the memory that entries take. */
interface Kept {
  readonly id: number;
  readonly name: string;
  readonly line: Uint8Array;
}

const ENTRIES_PER_INBOX = 100;
/** For all inboxes together; the oldest entries of any inbox are removed first. */
export const INBOX_BYTES_MAX = 4 * 1024 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

type Line = InboxEntry & { readonly name: string };

const entryOf = ({ line }: Kept): InboxEntry => {
  const { name: _, ...entry } = JSON.parse(decoder.decode(line)) as Line;
  return entry;
};

/** Lines of an interrupted write or of another version are ignored. */
const readLine = (text: string): Kept | null => {
  try {
    const { id, name, received_at, body, headers } = JSON.parse(text) as Partial<Line>;
    const is_entry = Number.isSafeInteger(id) && typeof name === 'string' && typeof body === 'string';
    if (!is_entry || typeof received_at !== 'string' || typeof headers !== 'object') return null;
    return { id: id as number, name, line: encoder.encode(text) };
  } catch {
    return null;
  }
};

/** The latest requests of all inboxes, in memory and in a log. */
export class InboxStore {
  readonly #log: InboxLog;
  /** By id. */
  #kept: Kept[] = [];
  #bytes = 0;
  #logged_bytes = 0;
  #last_id = 0;

  constructor(log: InboxLog) {
    this.#log = log;
    for (const text of log.lines) {
      const kept = readLine(text);
      if (kept === null || kept.id <= this.#last_id) continue;
      this.#add(kept);
    }
    this.#logged_bytes = this.#bytes;
    if (log.lines.length > this.#kept.length) this.#compact();
  }

  /** The id of the latest entry of any inbox. */
  get lastId(): number {
    return this.#last_id;
  }

  add(name: string, received: Omit<InboxEntry, 'id'>): InboxEntry {
    const entry = { id: this.#last_id + 1, ...received };
    const text = JSON.stringify({ name, ...entry } satisfies Line);
    const line = encoder.encode(text);
    this.#add({ id: entry.id, name, line });
    this.#logged_bytes += line.byteLength;
    if (this.#logged_bytes > 2 * INBOX_BYTES_MAX) this.#compact();
    else this.#log.append(text);
    return entry;
  }

  /** The entries of an inbox with a higher id, the newest first. */
  list(name: string, after = 0): readonly InboxEntry[] {
    return this.#kept
      .filter((kept) => kept.name === name && kept.id > after)
      .map(entryOf)
      .toReversed();
  }

  #add(kept: Kept): void {
    this.#kept.push(kept);
    this.#bytes += kept.line.byteLength;
    this.#last_id = kept.id;
    const of_inbox = this.#kept.filter(({ name }) => name === kept.name);
    if (of_inbox.length > ENTRIES_PER_INBOX) this.#remove(of_inbox[0]);
    while (this.#bytes > INBOX_BYTES_MAX && this.#kept.length > 1) this.#remove(this.#kept[0]);
  }

  #remove(kept: Kept | undefined): void {
    const index = kept === undefined ? -1 : this.#kept.indexOf(kept);
    if (kept === undefined || index === -1) return;
    this.#kept.splice(index, 1);
    this.#bytes -= kept.line.byteLength;
  }

  #compact(): void {
    this.#logged_bytes = this.#bytes;
    this.#log.replace(this.#kept.map(({ line }) => decoder.decode(line)));
  }
}
