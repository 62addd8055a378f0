/** Waiting items by owner. The items of one owner keep their order. */
export class OwnedQueue<T extends { readonly size: number }> {
  /** The owner that was served last is the last one. Without empty lists. */
  readonly #lists = new Map<string, { readonly items: T[]; size: number }>();
  #size = 0;

  /** The sum of the sizes of all items. */
  get size(): number {
    return this.#size;
  }

  sizeOf(owner: string): number {
    return this.#lists.get(owner)?.size ?? 0;
  }

  add(owner: string, item: T): void {
    this.#put(owner, item).items.push(item);
  }

  /** Adds an item before all others of its owner. */
  putBack(owner: string, item: T): void {
    this.#put(owner, item).items.unshift(item);
  }

  /** The owner that has more left than the others; null if nothing waits. Owners with as much as each other take turns. */
  next(leftOf: (owner: string) => number): string | null {
    let next: { readonly owner: string; readonly left: number } | null = null;
    for (const owner of this.#lists.keys()) {
      const left = leftOf(owner);
      if (next === null || left > next.left) next = { owner, left };
    }
    return next?.owner ?? null;
  }

  /** The first item of an owner, whose next turn is after all others. */
  take(owner: string): T | undefined {
    const list = this.#lists.get(owner);
    const item = list?.items.shift();
    if (list === undefined || item === undefined) return undefined;
    list.size -= item.size;
    this.#size -= item.size;
    this.#lists.delete(owner);
    if (list.items.length > 0) this.#lists.set(owner, list);
    return item;
  }

  /** Removes and returns all items. */
  clear(): readonly T[] {
    const items = [...this.#lists.values()].flatMap((list) => list.items);
    this.#lists.clear();
    this.#size = 0;
    return items;
  }

  #put(owner: string, item: T) {
    const list = this.#lists.get(owner) ?? { items: [], size: 0 };
    this.#lists.set(owner, list);
    list.size += item.size;
    this.#size += item.size;
    return list;
  }
}
