interface Entry<T> {
  readonly item: T;
  rank: number;
  before: Entry<T> | null;
  after: Entry<T> | null;
}

/** The entries of one rank, the longest waiting first. */
interface Line<T> {
  first: Entry<T> | null;
  last: Entry<T> | null;
}

/**
 * Items by rank: the first one has the lowest rank, and of those with equal ranks has waited longest. All changes take
 * constant time; a Set per rank would not find its first item in constant time after many deletions.
 */
export class RankedQueue<T> {
  readonly #entries = new Map<T, Entry<T>>();
  readonly #lines: Line<T>[] = [];
  #lowest = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** Adds an item, or moves it behind the others of its new rank. An item whose rank is unchanged keeps its place. */
  put(item: T, rank: number): void {
    const known = this.#entries.get(item);
    if (known?.rank === rank) return;
    if (known !== undefined) this.#unlink(known);
    const entry = known ?? { item, rank, before: null, after: null };
    this.#entries.set(item, entry);
    const line = (this.#lines[rank] ??= { first: null, last: null });
    entry.rank = rank;
    entry.before = line.last;
    if (line.last === null) line.first = entry;
    else line.last.after = entry;
    line.last = entry;
    if (rank < this.#lowest || this.size === 1) this.#lowest = rank;
  }

  delete(item: T): void {
    const entry = this.#entries.get(item);
    if (entry === undefined) return;
    this.#entries.delete(item);
    this.#unlink(entry);
  }

  first(): T | undefined {
    if (this.size === 0) return undefined;
    // Ranks change by one, so this is rarely more than one step.
    for (;;) {
      const first = this.#lines[this.#lowest]?.first;
      if (first !== undefined && first !== null) return first.item;
      this.#lowest += 1;
    }
  }

  #unlink(entry: Entry<T>): void {
    const line = this.#lines[entry.rank];
    if (line === undefined) return;
    if (entry.before === null) line.first = entry.after;
    else entry.before.after = entry.after;
    if (entry.after === null) line.last = entry.before;
    else entry.after.before = entry.before;
    entry.before = null;
    entry.after = null;
  }
}
