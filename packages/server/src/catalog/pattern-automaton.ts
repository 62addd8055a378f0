import type { PatternNode } from './parse-pattern.ts';

/** Repetitions are unrolled up to this count (an IBAN has 34). Beyond it they count as unlimited, which only adds ways. */
const MAX_COPIES = 36;
/** Limit of the construction: about 20 ms. */
const MAX_STEPS = 20_000;

/** The number of ways in which the pattern can reach each position. */
export type Ways = ReadonlyMap<number, number>;

/** A pattern as positions, one for each place that reads a character, and steps between them. Position 0 is the start. */
export interface Automaton {
  /** The pattern of the character at each position, as written; empty for the start. */
  readonly reads: readonly string[];
  readonly next: readonly Ways[];
  /** The positions at which the pattern may be complete, and in how many ways. */
  readonly last: Ways;
}

/** A part of the pattern: the number of ways in which it reads nothing, where it starts and where it ends. */
interface Piece {
  readonly empty: number;
  readonly first: Ways;
  readonly last: Ways;
}

const NOTHING: Piece = { empty: 1, first: new Map(), last: new Map() };

const optional = (piece: Piece): Piece => ({ ...piece, empty: 1 });

const add = (to: Map<number, number>, more: Ways, factor: number): void => {
  for (const [position, ways] of more) to.set(position, (to.get(position) ?? 0) + ways * factor);
};

const sum = (one: Ways, other: Ways, factor = 1): Ways => {
  if (factor === 0 || other.size === 0) return one;
  const result = new Map(one);
  add(result, other, factor);
  return result;
};

const either = (one: Piece, other: Piece): Piece => ({
  empty: one.empty + other.empty,
  first: sum(one.first, other.first),
  last: sum(one.last, other.last),
});

/** Whether a node is a repetition that counts as unlimited. */
export const isLoop = (node: PatternNode): boolean => node.kind === 'repeat' && node.max > MAX_COPIES;

/** Whether a node is a repetition that the automaton completes too early, because of its limit on copies. */
export const endsEarly = (node: PatternNode): boolean => node.kind === 'repeat' && node.min > MAX_COPIES;

/**
 * Glushkov's construction with counts: `(a*)*` can go from one `a` to the next in two ways. Assertions count as always
 * true, which can only add ways. Null if the pattern exceeds the limit of the construction.
 */
export const buildAutomaton = (root: PatternNode): Automaton | null => {
  const reads: string[] = [''];
  const next: Map<number, number>[] = [new Map()];
  let steps = 0;

  const isFull = () => steps > MAX_STEPS;

  const connect = (from: Ways, to: Ways): void => {
    for (const [position, ways] of from) add(next[position] ?? new Map(), to, ways);
    steps += from.size * to.size;
  };

  const follow = (before: Piece, after: Piece): Piece => {
    if (isFull()) return NOTHING;
    connect(before.last, after.first);
    return {
      empty: before.empty * after.empty,
      first: sum(before.first, after.first, before.empty),
      last: sum(after.last, before.last, after.empty),
    };
  };

  const loop = (piece: Piece): Piece => {
    if (!isFull()) connect(piece.last, piece.first);
    return optional(piece);
  };

  const repeat = (body: PatternNode, min: number, max: number): Piece => {
    let tail = NOTHING;
    if (max > MAX_COPIES) tail = loop(build(body));
    else for (let copy = min; copy < max && !isFull(); copy += 1) tail = optional(follow(build(body), tail));
    for (let copy = 0; copy < Math.min(min, MAX_COPIES) && !isFull(); copy += 1) {
      tail = follow(build(body), tail);
    }
    return tail;
  };

  const character = (text: string): Piece => {
    const here: Ways = new Map([[reads.push(text) - 1, 1]]);
    next.push(new Map());
    return { empty: 0, first: here, last: here };
  };

  const build = (node: PatternNode): Piece => {
    steps += 1;
    if (node.kind === 'character') return character(node.text);
    if (node.kind === 'sequence') return node.parts.map(build).reduce(follow, NOTHING);
    if (node.kind === 'choice') return node.options.map(build).reduce(either);
    return node.kind === 'repeat' ? repeat(node.body, node.min, node.max) : NOTHING;
  };

  const whole = build(root);
  if (isFull()) return null;
  const last = sum(whole.last, new Map([[0, 1]]), whole.empty);
  return { reads, next: [whole.first, ...next.slice(1)], last };
};
