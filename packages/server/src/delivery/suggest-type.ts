import { closestName } from '../core/closest-name.ts';

/** Types remembered per catalog. */
const REMEMBERED_MAX = 1_000;

type Catalog = Pick<ReadonlyMap<string, unknown>, 'keys'>;

/** Finds the event type that is probably meant, and remembers it: a sender with a wrong name repeats it. */
export const createSuggestType = (): ((type: string, catalog: Catalog) => string | null) => {
  // A changed catalog is another object.
  const remembered = new WeakMap<Catalog, Map<string, string | null>>();
  return (type, catalog) => {
    const known = remembered.get(catalog) ?? new Map<string, string | null>();
    remembered.set(catalog, known);
    const found = known.get(type);
    if (found !== undefined) return found;
    if (known.size >= REMEMBERED_MAX) known.clear();
    const suggested = closestName(type, catalog.keys());
    known.set(type, suggested);
    return suggested;
  };
};
