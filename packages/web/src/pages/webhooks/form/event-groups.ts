/** Event types whose names begin with the same word. */
export interface EventGroup {
  /** `order` for `order.created`; null for the types that share their first word with no other. */
  readonly prefix: string | null;
  readonly names: readonly string[];
}

const prefixOf = (name: string): string | null => {
  const dot = name.indexOf('.');
  return dot <= 0 ? null : name.slice(0, dot);
};

/** The types in groups, in their order; the ones without company are the last group. */
export const groupsOf = (names: readonly string[]): readonly EventGroup[] => {
  const groups = Map.groupBy(names, prefixOf);
  const others = [...groups].filter(([prefix, members]) => prefix === null || members.length === 1);
  const rest = new Set(others.flatMap(([, members]) => members));
  return [
    ...[...groups]
      .filter(([prefix, members]) => prefix !== null && members.length > 1)
      .map(([prefix, members]) => ({ prefix, names: members })),
    ...(rest.size === 0 ? [] : [{ prefix: null, names: names.filter((name) => rest.has(name)) }]),
  ];
};

/** Whether an entry of `events` covers a type. */
export const covers = (entry: string, name: string): boolean =>
  entry === '*' || entry === name || (entry.endsWith('.*') && name.startsWith(entry.slice(0, -1)));

/** Whether a pattern in `events` covers a type, so that it cannot be left out alone. */
export const isCovered = (events: readonly string[], name: string): boolean =>
  events.some((entry) => entry !== name && covers(entry, name));

/** Adds or removes an entry. A pattern replaces the types that it covers. */
export const withEntry = (events: readonly string[], entry: string, chosen: boolean): readonly string[] => {
  const rest = events.filter((each) => each !== entry && !(chosen && covers(entry, each)));
  return chosen ? [...rest, entry] : rest;
};
