/** The ids of the same thing on two servers. */
export type Pair = readonly [string, string];

export interface CreatedPairs {
  /** Collects the ids, cursors and API keys in two answers to the same call, field by field. */
  readonly note: (left: unknown, right: unknown) => void;
  /** The input for one side: every `@wh:17` becomes the id of a hook that was created there. */
  readonly on: <T>(side: 0 | 1, input: T) => T;
  readonly of: (kind: string) => readonly Pair[];
  /** Marks the things that an input of the left side names as deleted: they become `@gone:3`. */
  readonly prune: (input: unknown) => void;
}

const ID = /^(ws|wh|evt|dlv|rcv|ers|key)_[0-9a-z]{26}$/;
const TOKEN = /^@(\w+):(\d+)$/;
/** Pairs kept of each kind. */
const MAX_PAIRS = 24;

const kindOf = (name: string, value: string): string | null => {
  if (name === 'next_cursor') return 'cursor';
  if (name === 'api_key') return 'api_key';
  return ID.exec(value)?.[1] ?? null;
};

/** The things that earlier calls created, so that later ones can name them. */
export const createPairs = (): CreatedPairs => {
  const created = new Map<string, Pair[]>();

  const add = (kind: string, pair: Pair): void => {
    const known = created.get(kind) ?? [];
    if (known.some(([left]) => left === pair[0])) return;
    created.set(kind, [...known.slice(1 - MAX_PAIRS), pair]);
  };

  const note = (left: unknown, right: unknown, name = ''): void => {
    if (typeof left === 'string' && typeof right === 'string') {
      const kind = kindOf(name, left);
      if (kind !== null) add(kind, [left, right]);
      return;
    }
    if (typeof left !== 'object' || left === null || typeof right !== 'object' || right === null) return;
    for (const [key, value] of Object.entries(left))
      note(value, (right as Record<string, unknown>)[key], key);
  };

  const prune = (input: unknown): void => {
    const named = new Set(Object.values(input as object));
    for (const [kind, pairs] of created) {
      const gone = kind === 'gone' ? [] : pairs.filter(([left]) => named.has(left));
      if (gone.length === 0) continue;
      created.set(
        kind,
        pairs.filter((pair) => !gone.includes(pair)),
      );
      for (const pair of gone) add('gone', pair);
    }
  };

  const pick = (token: string, side: 0 | 1): string => {
    const [, kind = '', nth = '0'] = TOKEN.exec(token) ?? [];
    const known = created.get(kind) ?? [];
    return known[Number(nth) % known.length]?.[side] ?? `${kind}_unknown`;
  };

  const on = <T>(side: 0 | 1, input: T): T => {
    if (typeof input === 'string') return (TOKEN.test(input) ? pick(input, side) : input) as T;
    if (Array.isArray(input)) return input.map((one: unknown) => on(side, one)) as T;
    if (typeof input !== 'object' || input === null) return input;
    return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, on(side, value)])) as T;
  };

  return { note: (left, right) => note(left, right), on, of: (kind) => created.get(kind) ?? [], prune };
};
