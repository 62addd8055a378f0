import { createRing } from './round-robin.ts';

/** A queue whose owners take turns, one item each; the items of one owner keep their order. */
export interface FairQueue<T> {
  readonly push: (owner: string, item: T) => void;
  /** Up to `most` items, taken out. */
  readonly take: (most: number) => T[];
  readonly size: () => number;
  readonly sizeOf: (owner: string) => number;
}

export const createFairQueue = <T extends object>(): FairQueue<T> => {
  const items = new Map<string, T[]>();
  const turns = createRing<string>();
  let size = 0;

  const takeOne = (): T | undefined => {
    const owner = turns.next();
    const own = owner === undefined ? undefined : items.get(owner);
    const item = own?.shift();
    if (owner === undefined || own === undefined || item === undefined) return undefined;
    if (own.length > 0) turns.add(owner);
    else items.delete(owner);
    size -= 1;
    return item;
  };

  return {
    push: (owner, item) => {
      const own = items.get(owner);
      if (own === undefined) items.set(owner, [item]);
      else own.push(item);
      turns.add(owner);
      size += 1;
    },
    take: (most) => {
      const taken: T[] = [];
      while (taken.length < most) {
        const item = takeOne();
        if (item === undefined) break;
        taken.push(item);
      }
      return taken;
    },
    size: () => size,
    sizeOf: (owner) => items.get(owner)?.length ?? 0,
  };
};
