import { leanPattern } from './lean-pattern.ts';
import { parsePattern, type PatternNode } from './parse-pattern.ts';
import { buildAutomaton, endsEarly, isLoop } from './pattern-automaton.ts';
import { looksSeldom } from './pattern-ways.ts';

/** The longest that zod writes (an IPv6 network) has 414. */
const MOST_CHARACTERS = 512;

const childrenOf = (node: PatternNode): readonly PatternNode[] => {
  if (node.kind === 'sequence') return node.parts;
  if (node.kind === 'choice') return node.options;
  return 'body' in node ? [node.body] : [];
};

const descendantsOf = (node: PatternNode): readonly PatternNode[] => [
  node,
  ...childrenOf(node).flatMap(descendantsOf),
];

const hasLoop = (node: PatternNode): boolean => descendantsOf(node).some(isLoop);

const startsAtStart = (node: PatternNode): boolean => {
  if (node.kind === 'assertion') return node.text === '^';
  if (node.kind === 'choice') return node.options.every(startsAtStart);
  return node.kind === 'sequence' && node.parts[0] !== undefined && startsAtStart(node.parts[0]);
};

/** Whether a lookahead that may read far stands where it may have to do so again and again. */
const looksAheadRepeatedly = (node: PatternNode, repeatedly: boolean): boolean => {
  if (node.kind === 'lookahead' && repeatedly && hasLoop(node)) return true;
  let afterLoop = repeatedly || (node.kind === 'repeat' && hasLoop(node));
  return childrenOf(node).some((child) => {
    const found = looksAheadRepeatedly(child, afterLoop);
    // A lookahead is left in one way only, whatever it read.
    if (node.kind === 'sequence' && child.kind !== 'lookahead') afterLoop ||= hasLoop(child);
    return found;
  });
};

/** Whether the pattern takes time in proportion to the text from one start, and from all starts together. */
const checkStarts = (root: PatternNode): { readonly one: boolean; readonly all: boolean } => {
  const automaton = buildAutomaton(root);
  if (automaton === null) return { one: false, all: false };
  const one = looksSeldom(automaton, { anywhere: false, unconditional: false });
  const unconditional = descendantsOf(root).every(
    (node) => node.kind !== 'lookahead' && node.kind !== 'assertion' && !endsEarly(node),
  );
  const all = one && (startsAtStart(root) || looksSeldom(automaton, { anywhere: true, unconditional }));
  return { one, all };
};

const checkTree = (root: PatternNode): string | null => {
  if (looksAheadRepeatedly(root, !startsAtStart(root))) {
    return 'looks ahead without a limit from many places. Do that right after a leading ^ only, or limit it as in (?=.{1,20}x)';
  }
  const lookaheads = descendantsOf(root).filter(({ kind }) => kind === 'lookahead');
  const starts = checkStarts(root);
  if (starts.all && lookaheads.flatMap(childrenOf).every((body) => checkStarts(body).one)) return null;
  if (starts.one && !starts.all) {
    return 'could take very long, as it is tried anew at every character. Start it with ^';
  }
  return (
    'could take very long, as it can read the same text in too many ways. The character after a repetition should show that ' +
    String.raw`it is over: ^[^@]+@[^@.]+(\.[^@.]+)+$ instead of ^[^@]+@[^@]+\.[^@]+$`
  );
};

/** V8 builds the matcher at the first match, and only then says that it is too large. */
const refusalOfV8 = (pattern: string): string | null => {
  try {
    new RegExp(pattern, 'u').test('');
    return null;
  } catch {
    return 'is too large';
  }
};

/**
 * What is wrong with a pattern that a stranger wants us to match; null when nothing is. A pattern that passes
 * takes time in proportion to the text, whatever the text: V8 tries the ways of reading a text one after the
 * other, and a pattern that passes looks at no character more than 128 times (pattern-ways.ts counts). So
 * `(a+)+` falls (the ways double with every character), and so does `\s+$` (one more at every character), but a
 * list such as `^[a-z]+(-[a-z]+)*$` passes. A few harmless ones fall too; the message says what to write.
 */
export const validatePattern = (pattern: string): string | null => {
  if (pattern.length > MOST_CHARACTERS) return `has more than ${MOST_CHARACTERS} characters`;
  const lean = leanPattern(pattern);
  const parsed = parsePattern(lean);
  return parsed.ok ? (checkTree(parsed.root) ?? refusalOfV8(lean)) : parsed.message;
};
