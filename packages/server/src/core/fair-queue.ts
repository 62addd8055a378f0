/**
 * A round-robin queue at every level of a path: with paths [workspace, tenant], it alternates between workspaces, and
 * within a workspace between its tenants. Items of one path keep their order.
 */
export class FairQueue<T> {
  readonly #items: T[] = [];
  // A Map iterates in insertion order, so its first owner has waited longest.
  readonly #owners = new Map<string, FairQueue<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push([owner, ...rest]: readonly string[], item: T): void {
    this.#size += 1;
    if (owner === undefined) {
      this.#items.push(item);
      return;
    }
    const queue = this.#owners.get(owner) ?? new FairQueue<T>();
    this.#owners.set(owner, queue);
    queue.push(rest, item);
  }

  /** Puts an item before all others of its path. */
  putBack([owner, ...rest]: readonly string[], item: T): void {
    this.#size += 1;
    if (owner === undefined) {
      this.#items.unshift(item);
      return;
    }
    const queue = this.#owners.get(owner) ?? new FairQueue<T>();
    this.#owners.set(owner, queue);
    queue.putBack(rest, item);
  }

  /** Removes and returns the next item of which `isOpen` is true. Items of one path are all open or all closed. */
  take(isOpen?: (item: T) => boolean): T | undefined {
    const [first] = this.#items;
    if (first !== undefined) {
      if (isOpen !== undefined && !isOpen(first)) return undefined;
      this.#size -= 1;
      return this.#items.shift();
    }
    for (const [owner, queue] of this.#owners) {
      const item = queue.take(isOpen);
      if (item === undefined) continue;
      this.#size -= 1;
      this.#owners.delete(owner);
      if (queue.size > 0) this.#owners.set(owner, queue);
      return item;
    }
    return undefined;
  }

  /** Whether `take` would return an item. */
  hasOpen(isOpen: (item: T) => boolean): boolean {
    const [first] = this.#items;
    if (first !== undefined) return isOpen(first);
    for (const queue of this.#owners.values()) if (queue.hasOpen(isOpen)) return true;
    return false;
  }

  /** Removes and returns all items in turn. */
  takeAll(): readonly T[] {
    const all: T[] = [];
    for (let next = this.take(); next !== undefined; next = this.take()) all.push(next);
    return all;
  }

  /** Removes and returns the next item at a path or below it. */
  takeFrom([owner, ...rest]: readonly string[]): T | undefined {
    if (owner === undefined) return this.take();
    const queue = this.#owners.get(owner);
    const item = queue?.takeFrom(rest);
    if (queue === undefined || item === undefined) return undefined;
    this.#size -= 1;
    this.#owners.delete(owner);
    if (queue.size > 0) this.#owners.set(owner, queue);
    return item;
  }

  /** The first level of the paths, the next one first. */
  owners(): IterableIterator<string> {
    return this.#owners.keys();
  }

  /** The number of items at a path and below it. */
  sizeAt([owner, ...rest]: readonly string[]): number {
    return owner === undefined ? this.#size : (this.#owners.get(owner)?.sizeAt(rest) ?? 0);
  }

  *[Symbol.iterator](): Generator<T> {
    yield* this.#items;
    for (const queue of this.#owners.values()) yield* queue;
  }
}
