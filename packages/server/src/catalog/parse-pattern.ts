/** A regular expression as a tree. Lazy and greedy repetitions are equal here: they differ only in what is tried first. */
export type PatternNode =
  /** Matches one character: a literal, an escape, a class or the dot, as written. */
  | { readonly kind: 'character'; readonly text: string }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly body: PatternNode; readonly min: number; readonly max: number }
  | { readonly kind: 'assertion'; readonly text: string }
  | { readonly kind: 'lookahead'; readonly body: PatternNode };

export type ParsedPattern =
  | { readonly ok: true; readonly root: PatternNode }
  | { readonly ok: false; readonly message: string };

// One alternative per line: escapes, classes, group openings, quantifiers, everything else.
const TOKEN = new RegExp(
  [
    String.raw`\\(?:[pPu]\{[^}]*\}|u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|u\w{4}|x\w\w|c\w|k<[^>]*>|[1-9]\d*|.)`,
    String.raw`\[(?:\\.|[^\]\\])*\]`,
    String.raw`\((?:\?(?:<?[=!]|<[^>]*>|[^:)]*:))?`,
    String.raw`(?:[*+?]|\{\d+(?:,\d*)?\})\??`,
    '.',
  ].join('|'),
  'gsu',
);

const REFUSED_TOKENS: readonly (readonly [RegExp, string])[] = [
  [/^\\(?:k<|[1-9])/, 'refers back to a group (as \\1 does). Write out the alternatives instead'],
  [/^\(\?<[=!]/, 'looks behind. Use a pattern for the whole text, starting with ^, instead'],
  [/^\(\?[^:=!<]/, 'sets flags inside the pattern. Use classes such as [Aa] instead'],
];

type Quantifier = { readonly min: number; readonly max: number };

const ONE_CHARACTER: Readonly<Record<string, Quantifier>> = {
  '*': { min: 0, max: Infinity },
  '+': { min: 1, max: Infinity },
  '?': { min: 0, max: 1 },
};

const quantifierOf = (token: string): Quantifier | null => {
  const counted = /^\{(\d+)(,?)(\d*)\}/.exec(token);
  if (counted === null) return ONE_CHARACTER[token.slice(0, 1)] ?? null;
  const [, min, comma, max] = counted;
  if (comma === '') return { min: Number(min), max: Number(min) };
  return { min: Number(min), max: max === '' ? Infinity : Number(max) };
};

const parseTokens = (tokens: readonly string[]): PatternNode => {
  let at = 0;

  const parseOne = (token: string): PatternNode => {
    if (token.startsWith('(')) {
      const body = parseChoice();
      at += 1;
      return /^\(\?[=!]/.test(token) ? { kind: 'lookahead', body } : body;
    }
    return ['^', '$', '\\b', '\\B'].includes(token)
      ? { kind: 'assertion', text: token }
      : { kind: 'character', text: token };
  };

  const parseSequence = (): PatternNode => {
    const parts: PatternNode[] = [];
    for (let token = tokens[at]; token !== undefined && token !== '|' && token !== ')'; token = tokens[at]) {
      at += 1;
      const body = parseOne(token);
      const quantifier = quantifierOf(tokens[at] ?? '');
      if (quantifier !== null) at += 1;
      parts.push(quantifier === null ? body : { kind: 'repeat', body, ...quantifier });
    }
    return { kind: 'sequence', parts };
  };

  const parseChoice = (): PatternNode => {
    const options = [parseSequence()];
    while (tokens[at] === '|') {
      at += 1;
      options.push(parseSequence());
    }
    return { kind: 'choice', options };
  };

  return parseChoice();
};

/** Why V8 rejects a regular expression; null if it is valid. */
const syntaxError = (pattern: string): string | null => {
  try {
    RegExp(pattern, 'u');
    return null;
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^.*\/u: /s, '') : 'it is malformed';
  }
};

/**
 * The tree of a pattern under the flag `u`, or why it is refused: it is not a regular expression, or it uses features
 * without a known bound on their running time (backreferences, lookbehind) or without need (flags).
 */
export const parsePattern = (pattern: string): ParsedPattern => {
  const error = syntaxError(pattern);
  if (error !== null) return { ok: false, message: `is not a regular expression under the flag u: ${error}` };
  const tokens = pattern.match(TOKEN) ?? [];
  for (const [refused, message] of REFUSED_TOKENS) {
    if (tokens.some((token) => refused.test(token))) return { ok: false, message };
  }
  return { ok: true, root: parseTokens(tokens) };
};
