import type { PatternNode } from './parse-pattern.ts';

/** Repetitions are written out up to this count; above it (an IBAN has 34) they count as unlimited, which only adds ways to read a text. */
const MOST_COPIES = 36;
const MOST_POSITIONS = 2000;

/** How often each position can come next: more than once where the pattern can get there in several ways. */
export type Ways = ReadonlyMap<number, number>;

/** A pattern as positions (one for each place that reads a character) and steps between them. Position 0 is the start. */
export interface Automaton {
  /** What each position reads, as it was written; empty for the start. */
  readonly reads: readonly string[];
  readonly next: readonly Ways[];
  /** Positions after which the pattern may be complete. */
  readonly last: Ways;
}

/** A piece of the pattern: in how many ways it reads nothing, where it starts and where it ends. */
interface Piece {
  readonly empty: number;
  readonly first: Ways;
  readonly last: Ways;
}

const NOTHING: Piece = { empty: 1, first: new Map(), last: new Map() };

const sum = (one: Ways, other: Ways, factor = 1): Ways => {
  if (factor === 0 || other.size === 0) return one;
  const result = new Map(one);
  for (const [position, ways] of other) result.set(position, (result.get(position) ?? 0) + ways * factor);
  return result;
};

/** Whether a repetition counts as unlimited. */
export const isLoop = (node: PatternNode): boolean => node.kind === 'repeat' && node.max > MOST_COPIES;

/**
 * Glushkov's construction, which keeps count: `(a*)*` can go from one `a` to the next in two ways, and says so.
 * Assertions count as always true, which can only add ways. Null when the pattern has too many positions.
 */
export const buildAutomaton = (root: PatternNode): Automaton | null => {
  const reads: string[] = [''];
  const next: Ways[] = [new Map()];

  const connect = (from: Ways, to: Ways): void => {
    for (const [position, ways] of from) next[position] = sum(next[position] ?? new Map(), to, ways);
  };

  const follow = (before: Piece, after: Piece): Piece => {
    connect(before.last, after.first);
    return {
      empty: before.empty * after.empty,
      first: sum(before.first, after.first, before.empty),
      last: sum(after.last, before.last, after.empty),
    };
  };

  const optional = (piece: Piece): Piece => ({ ...piece, empty: 1 });

  const loop = (piece: Piece): Piece => {
    connect(piece.last, piece.first);
    return optional(piece);
  };

  const repeat = (body: PatternNode, min: number, max: number): Piece => {
    let tail = NOTHING;
    if (max > MOST_COPIES) tail = loop(build(body));
    else for (let copy = min; copy < max && !isFull(); copy += 1) tail = optional(follow(build(body), tail));
    for (let copy = 0; copy < Math.min(min, MOST_COPIES) && !isFull(); copy += 1) {
      tail = follow(build(body), tail);
    }
    return tail;
  };

  const isFull = () => reads.length > MOST_POSITIONS;

  const build = (node: PatternNode): Piece => {
    switch (node.kind) {
      case 'character': {
        const here: Ways = new Map([[reads.push(node.text) - 1, 1]]);
        next.push(new Map());
        return { empty: 0, first: here, last: here };
      }
      case 'sequence':
        return node.parts.reduce((before, part) => follow(before, build(part)), NOTHING);
      case 'choice':
        return node.options.map(build).reduce((one, other) => ({
          empty: one.empty + other.empty,
          first: sum(one.first, other.first),
          last: sum(one.last, other.last),
        }));
      case 'repeat':
        return repeat(node.body, node.min, node.max);
      case 'assertion':
      case 'lookahead':
        return NOTHING;
    }
  };

  const whole = build(root);
  if (isFull()) return null;
  next[0] = whole.first;
  return { reads, next, last: whole.empty > 0 ? sum(whole.last, new Map([[0, 1]])) : whole.last };
};
