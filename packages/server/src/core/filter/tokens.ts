import { comparisons, type FilterProblem, type Scalar } from './expression.ts';

/** A piece of a filter; `at` is its place in the text. */
export type Token = { readonly at: number } & (
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'literal'; readonly value: Scalar; readonly text: string }
  | { readonly kind: 'mark'; readonly text: string }
  | { readonly kind: 'end'; readonly text: 'the end' }
);

/** Aborts the parser; caught where it starts. */
export class ParseError extends Error {
  readonly problem: FilterProblem;

  constructor(message: string, at: number) {
    super(message);
    this.problem = { message, at };
  }
}

const SPACE = /\s+/y;
// In every pattern, each character can be matched in one way only, so the time is linear.
const WORD = /\$?[\p{L}_][\p{L}\p{N}_-]*/uy;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const DOUBLE_QUOTED = /"(?:[^"\\]|\\.)*"/y;
const SINGLE_QUOTED = /'[^']*'/y;
const MARKS = [...comparisons, '(', ')', '[', ']', ',', '.'] as const;

const LITERALS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** What to write instead of the operators of other languages. */
const MEANT: readonly (readonly [string, string])[] = [
  ['=', 'write == to compare'],
  ['&', 'write and'],
  ['|', 'write or'],
  ['!', 'write not before a condition, or != to compare'],
  ['$', '$ is followed by type, tenant, metadata or previous_data'],
  ['/', 'regular expressions are not supported; use ==, in, starts_with or ends_with'],
];

const matchAt = (pattern: RegExp, text: string, at: number): string | undefined => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
};

const numberOf = (text: string, at: number): number => {
  const value = Number(text);
  const is_exact = Number.isFinite(value) && (!/^-?\d+$/.test(text) || Number.isSafeInteger(value));
  if (!is_exact)
    throw new ParseError(`the number ${text} has no exact value in JavaScript; compare a text`, at);
  return value;
};

const quotedOf = (text: string, at: number): string => {
  if (text.startsWith("'")) return text.slice(1, -1);
  try {
    return JSON.parse(text) as string;
  } catch {
    throw new ParseError(`${text} is not a JSON string: check its backslashes`, at);
  }
};

const tokenAt = (text: string, at: number, after: Token | undefined): Token => {
  const word = matchAt(WORD, text, at);
  if (word !== undefined) {
    const literal = after?.text === '.' ? undefined : LITERALS.get(word);
    return literal === undefined
      ? { kind: 'word', text: word, at }
      : { kind: 'literal', value: literal, text: word, at };
  }
  const quoted = matchAt(DOUBLE_QUOTED, text, at) ?? matchAt(SINGLE_QUOTED, text, at);
  if (quoted !== undefined) return { kind: 'literal', value: quotedOf(quoted, at), text: quoted, at };
  const number = matchAt(NUMBER, text, at);
  if (number !== undefined) return { kind: 'literal', value: numberOf(number, at), text: number, at };
  const mark = MARKS.find((one) => text.startsWith(one, at));
  if (mark !== undefined) return { kind: 'mark', text: mark, at };
  if (/["']/.test(text.charAt(at))) throw new ParseError('this text has no closing quote', at);
  const hint = MEANT.find(([start]) => text.startsWith(start, at))?.[1];
  const unknown = String.fromCodePoint(text.codePointAt(at) ?? 0);
  throw new ParseError(
    `${unknown} is not part of the filter language${hint === undefined ? '' : `; ${hint}`}`,
    at,
  );
};

/** The tokens of a filter, closed by `end`. `null` behind a dot is the name of a field. @throws ParseError */
export const tokensOf = (text: string): readonly Token[] => {
  const tokens: Token[] = [];
  let at = matchAt(SPACE, text, 0)?.length ?? 0;
  while (at < text.length) {
    const token = tokenAt(text, at, tokens.at(-1));
    tokens.push(token);
    at += token.text.length;
    at += matchAt(SPACE, text, at)?.length ?? 0;
  }
  return [...tokens, { kind: 'end', text: 'the end', at: text.length }];
};
