import type { Automaton, Ways } from './pattern-automaton.ts';

/** So often may a pattern look at the same character of a text. Of those that zod writes, an IPv6 network needs most: 24. */
const MOST_LOOKS = 128;
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

export interface ReadingRules {
  /** Reading may start anew at every character, until the pattern is complete. */
  readonly anywhere: boolean;
  /** With `anywhere`: nothing but characters decides whether the pattern is complete. */
  readonly unconditional: boolean;
}

/**
 * Whether there is no text of which the pattern looks at a character more than 128 times. This follows every text
 * at the same time: from each state (position → in how many ways) by each kind of character to the next, until no
 * new state comes up. False as well when that takes too long to find out.
 */
export const looksSeldom = (automaton: Automaton, { anywhere, unconditional }: ReadingRules): boolean => {
  const { next, last } = automaton;
  // A start from which the pattern becomes complete is the last one that is tried, and does not add up with others.
  const complete: Ways = unconditional ? last : new Map();
  if (complete.has(0)) return true;
  const kinds = kindsOfCharacters(automaton.reads);
  const start: Ways = new Map([[0, 1]]);
  const seen = new Set<string>();
  const open: Ways[] = [start];
  let steps = 0;
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const reached: { readonly state: Ways; readonly ways: number }[] = [];
    for (const kind of kinds) {
      const following = new Map<number, number>(anywhere ? start : []);
      let looks = 0;
      for (const [position, ways] of state) {
        looks += ways * (last.get(position) ?? 0);
        for (const [on, factor] of next[position] ?? []) {
          steps += 1;
          looks += ways * factor;
          if (!kind.has(on) || complete.has(on)) continue;
          following.set(on, (following.get(on) ?? 0) + ways * factor);
        }
      }
      if (looks > MOST_LOOKS || steps > MOST_STEPS) return false;
      const key = JSON.stringify([...following].toSorted(([one], [other]) => one - other));
      if (seen.has(key)) continue;
      seen.add(key);
      reached.push({
        state: following,
        ways: [...following.values()].reduce((one, other) => one + other, 0),
      });
    }
    // The state with the most ways on top: what grows without end is found soon.
    open.push(...reached.toSorted((one, other) => one.ways - other.ways).map((found) => found.state));
  }
  return true;
};
