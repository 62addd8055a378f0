/** Maximum number of names of a similar length that are compared, which bounds the time. */
const COMPARED_MAX = 200;
/** Longer names are not compared. */
const LENGTH_MAX = 64;

/** The Levenshtein distance of two texts; null beyond `max`. Reads only the diagonal band that can stay within it. */
const distanceWithin = (a: string, b: string, max: number): number | null => {
  let previous: readonly number[] = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row += 1) {
    const current: number[] = [];
    const first = Math.max(0, row - max);
    for (let at = first; at <= Math.min(b.length, row + max); at += 1) {
      const replaced = (previous[at - 1] ?? Infinity) + (a[row - 1] === b[at - 1] ? 0 : 1);
      current[at] = Math.min(replaced, (previous[at] ?? Infinity) + 1, (current[at - 1] ?? Infinity) + 1);
    }
    if (Math.min(...current.slice(first)) > max) return null;
    previous = current;
  }
  const distance = previous[b.length] ?? Infinity;
  return distance > max ? null : distance;
};

/** The name that is probably meant: the one with the fewest different characters, at most three; null without one. */
export const closestName = (name: string, names: Iterable<string>): string | null => {
  const max = Math.min(3, Math.ceil(name.length / 6));
  if (name.length > LENGTH_MAX) return null;
  const wanted = name.toLowerCase();
  let closest: { readonly name: string; readonly distance: number } | null = null;
  let compared = 0;
  for (const candidate of names) {
    if (Math.abs(candidate.length - name.length) > max) continue;
    compared += 1;
    if (compared > COMPARED_MAX) break;
    const distance = distanceWithin(wanted, candidate.toLowerCase(), max);
    if (distance !== null && distance < (closest?.distance ?? Infinity))
      closest = { name: candidate, distance };
  }
  return closest?.name ?? null;
};
