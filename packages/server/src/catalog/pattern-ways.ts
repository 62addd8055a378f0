import type { Automaton, Ways } from './pattern-automaton.ts';

/** Maximum number of times that a pattern may look at one character. Of zod's patterns, an IPv6 network needs most: 24. */
const MAX_LOOKS = 128;
/** Limit of the analysis: about 20 ms. */
const MAX_STEPS = 100_000;

const ASCII = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
// A piece that may read one character beyond ASCII counts as reading all of them.
const READS_BEYOND_ASCII = /^\.$|^\[\^|\\[pPDSWsux]|[^\0-\x7f]/u;

/** The characters that a piece of a pattern reads, as 129 times 0 or 1: the ASCII characters, then all others. */
const readableBy = (text: string): string => {
  const matcher = new RegExp(`^${text}$`, 'u');
  return `${ASCII.map((character) => (matcher.test(character) ? '1' : '0')).join('')}${READS_BEYOND_ASCII.test(text) ? '1' : '0'}`;
};

/** For each kind of character that the pattern distinguishes: the positions that read it. */
const characterKinds = (reads: readonly string[]): readonly ReadonlySet<number>[] => {
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
  /** A match may start at every character, until the pattern is complete. */
  readonly anywhere: boolean;
  /** With `anywhere`: characters alone decide whether the pattern is complete. */
  readonly unconditional: boolean;
}

/**
 * Whether the pattern never looks at one character of a text more than 128 times. Follows all texts at once: from each
 * state (position → number of ways) by each kind of character to the next, until there is no new state. Also false if
 * the analysis exceeds its limit.
 */
export const looksAreBounded = (automaton: Automaton, { anywhere, unconditional }: ReadingRules): boolean => {
  const { next, last } = automaton;
  // V8 tries no further start after one that completes the pattern, so its looks do not add up with those of others.
  const complete: Ways = unconditional ? last : new Map();
  if (complete.has(0)) return true;
  const kinds = characterKinds(automaton.reads);
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
      if (looks > MAX_LOOKS || steps > MAX_STEPS) return false;
      const key = JSON.stringify([...following].toSorted(([one], [other]) => one - other));
      if (seen.has(key)) continue;
      seen.add(key);
      reached.push({
        state: following,
        ways: [...following.values()].reduce((one, other) => one + other, 0),
      });
    }
    // States with more ways are on top, so that unbounded growth is found early.
    open.push(...reached.toSorted((one, other) => one.ways - other.ways).map((found) => found.state));
  }
  return true;
};
