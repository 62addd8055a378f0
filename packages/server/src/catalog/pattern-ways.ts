import type { Automaton, Ways } from './pattern-automaton.ts';

/** In so many ways may a pattern be reading the same text. Of those that zod writes, an IPv6 network needs most: 24. */
const MOST_WAYS = 40;
/** So often may it look at the same character of the text. */
const MOST_TRIES = 256;
/** Steps that an analysis may take: some 20 ms. */
const MOST_STEPS = 100_000;

const ASCII = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
// Whatever may read a character beyond ASCII counts as reading all of them.
const READS_BEYOND_ASCII = /^\.$|^\[\^|\\[pPDSWsux]|[^\0-\x7f]/u;

/** Which of the 128 ASCII characters, and whether any other, a piece of pattern reads: a text of 129 times 0 or 1. */
const readableBy = (text: string): string => {
  const matcher = new RegExp(`^${text}$`, 'u');
  return `${ASCII.map((character) => (matcher.test(character) ? '1' : '0')).join('')}${READS_BEYOND_ASCII.test(text) ? '1' : '0'}`;
};

/** For each kind of character that the pattern tells apart: the positions that read it. */
const kindsOfCharacters = (reads: readonly string[]): readonly ReadonlySet<number>[] => {
  const masks = new Map([...new Set(reads.slice(1))].map((text) => [text, readableBy(text)]));
  const kinds = new Map<string, ReadonlySet<number>>();
  for (let character = 0; character <= ASCII.length; character += 1) {
    const texts = new Set([...masks].filter(([, mask]) => mask[character] === '1').map(([text]) => text));
    const key = [...texts].join('\n');
    if (kinds.has(key)) continue;
    kinds.set(
      key,
      new Set(reads.flatMap((text, position) => (position > 0 && texts.has(text) ? [position] : []))),
    );
  }
  return [...kinds.values()];
};

/** Positions from which nothing can fail any more, as every way on may stop anywhere: matching ends there, for good. */
const certainPositions = ({ next, last }: Automaton): ReadonlySet<number> => {
  const certain = new Set(last.keys());
  for (let before = -1; before !== certain.size;) {
    before = certain.size;
    for (const position of certain) {
      if ([...(next[position]?.keys() ?? [])].some((on) => !certain.has(on))) certain.delete(position);
    }
  }
  return certain;
};

export interface ReadingRules {
  /** Reading may start anew at every character. */
  readonly anywhere: boolean;
  /** Nothing but characters decides: the pattern is complete as soon as it has read its last one. */
  readonly unconditional: boolean;
}

/**
 * Whether there is no text that the pattern can be reading in more than 40 ways at once. This follows every text at
 * the same time: from each state (position → in how many ways) by each kind of character to the next, until no
 * new state comes up. False as well when that takes too long to find out.
 */
export const isReadInFewWays = (automaton: Automaton, { anywhere, unconditional }: ReadingRules): boolean => {
  const { next, last } = automaton;
  const certain = unconditional ? certainPositions(automaton) : new Set<number>();
  if (certain.has(0)) return true;
  const kinds = kindsOfCharacters(automaton.reads);
  const start: Ways = new Map([[0, 1]]);
  const seen = new Set<string>();
  const open: Ways[] = [start];
  let steps = 0;
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const reached: { readonly state: Ways; readonly total: number }[] = [];
    for (const kind of kinds) {
      const following = new Map<number, number>(anywhere ? start : []);
      let total = 0;
      let tries = 0;
      for (const [position, ways] of state) {
        tries += ways * (last.get(position) ?? 0);
        for (const [on, factor] of next[position] ?? []) {
          steps += 1;
          tries += ways * factor;
          if (!kind.has(on) || certain.has(on)) continue;
          following.set(on, (following.get(on) ?? 0) + ways * factor);
          total += ways * factor;
        }
      }
      if (total > MOST_WAYS || tries > MOST_TRIES || steps > MOST_STEPS) return false;
      const key = JSON.stringify([...following].toSorted(([one], [other]) => one - other));
      if (seen.has(key)) continue;
      seen.add(key);
      reached.push({ state: following, total });
    }
    // The state with the most ways on top: what grows without end is found soon.
    open.push(...reached.toSorted((one, other) => one.total - other.total).map((found) => found.state));
  }
  return true;
};
