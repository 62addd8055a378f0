/**
 * A queue in which owners take turns (round robin), on every level of a path: with paths [workspace, tenant],
 * workspaces take turns, and within a workspace its tenants. The items of one path keep their order.
 */
export class FairQueue<T> {
  readonly #items: T[] = [];
  // A Map iterates in the order of insertion: its first owner has waited longest.
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
    let own = this.#owners.get(owner);
    if (own === undefined) {
      own = new FairQueue();
      this.#owners.set(owner, own);
    }
    own.push(rest, item);
  }

  /** The next item, taken out. */
  take(): T | undefined {
    if (this.#size === 0) return undefined;
    this.#size -= 1;
    if (this.#items.length > 0) return this.#items.shift();
    for (const [owner, own] of this.#owners) {
      const item = own.take();
      this.#owners.delete(owner);
      if (own.size > 0) this.#owners.set(owner, own);
      return item;
    }
    return undefined;
  }

  /** The item that `take` would answer. */
  peek(): T | undefined {
    if (this.#items.length > 0) return this.#items[0];
    for (const own of this.#owners.values()) return own.peek();
    return undefined;
  }

  /** How many items wait at a path and below it. */
  sizeAt([owner, ...rest]: readonly string[]): number {
    return owner === undefined ? this.#size : (this.#owners.get(owner)?.sizeAt(rest) ?? 0);
  }

  *[Symbol.iterator](): Generator<T> {
    yield* this.#items;
    for (const own of this.#owners.values()) yield* own;
  }
}
