import { leanPattern } from './lean-pattern.ts';
import { parsePattern, type PatternNode } from './parse-pattern.ts';
import { buildAutomaton, endsEarly, isLoop } from './pattern-automaton.ts';
import { looksAreBounded } from './pattern-ways.ts';

/** zod's longest pattern (an IPv6 network) has 414. */
const MAX_CHARACTERS = 512;

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

/** Whether an unbounded lookahead is at a position that can be reached repeatedly. */
const looksAheadRepeatedly = (node: PatternNode, repeatedly: boolean): boolean => {
  if (node.kind === 'lookahead' && repeatedly && hasLoop(node)) return true;
  let afterLoop = repeatedly || (node.kind === 'repeat' && hasLoop(node));
  return childrenOf(node).some((child) => {
    const found = looksAheadRepeatedly(child, afterLoop);
    // A lookahead ends in one way only, regardless of what it read.
    if (node.kind === 'sequence' && child.kind !== 'lookahead') afterLoop ||= hasLoop(child);
    return found;
  });
};

/** Whether the pattern runs in linear time from one start, and from all starts together. */
const checkStarts = (root: PatternNode): { readonly one: boolean; readonly all: boolean } => {
  const automaton = buildAutomaton(root);
  if (automaton === null) return { one: false, all: false };
  const one = looksAreBounded(automaton, { anywhere: false, unconditional: false });
  const unconditional = descendantsOf(root).every(
    (node) => node.kind !== 'lookahead' && node.kind !== 'assertion' && !endsEarly(node),
  );
  const all = one && (startsAtStart(root) || looksAreBounded(automaton, { anywhere: true, unconditional }));
  return { one, all };
};

const checkTree = (root: PatternNode): string | null => {
  if (looksAheadRepeatedly(root, !startsAtStart(root))) {
    return 'looks ahead without a limit from many positions. Do so only right after a leading ^, or limit it as in (?=.{1,20}x)';
  }
  const lookaheads = descendantsOf(root).filter(({ kind }) => kind === 'lookahead');
  const starts = checkStarts(root);
  if (starts.all && lookaheads.flatMap(childrenOf).every((body) => checkStarts(body).one)) return null;
  if (starts.one && !starts.all) {
    return 'could take very long, because it is tried again at every character. Start it with ^';
  }
  return (
    'could take very long, because it can match the same text in too many ways. The character after a repetition should mark ' +
    String.raw`its end: ^[^@]+@[^@.]+(\.[^@.]+)+$ instead of ^[^@]+@[^@]+\.[^@]+$`
  );
};

/** V8 compiles a pattern at its first match, and only then rejects one that is too large. */
const compileError = (pattern: string): string | null => {
  try {
    new RegExp(pattern, 'u').test('');
    return null;
  } catch {
    return 'is too large';
  }
};

/**
 * Why an untrusted pattern is refused; null if it is accepted. An accepted pattern runs in linear time on any text: V8
 * tries the ways of matching a text one after the other, and an accepted pattern looks at no character more than 128
 * times (see pattern-ways.ts). So `(a+)+` is refused (the ways double with every character), and so is `\s+$` (one more
 * at every character), but a list such as `^[a-z]+(-[a-z]+)*$` is accepted. Some harmless patterns are refused too; the
 * message suggests an alternative.
 */
export const validatePattern = (pattern: string): string | null => {
  if (pattern.length > MAX_CHARACTERS) return `has more than ${MAX_CHARACTERS} characters`;
  const lean = leanPattern(pattern);
  const parsed = parsePattern(lean);
  return parsed.ok ? (checkTree(parsed.root) ?? compileError(lean)) : parsed.message;
};
