import { parsePattern, type PatternNode } from './parse-pattern.ts';
import { buildAutomaton, isLoop } from './pattern-automaton.ts';
import { isReadInFewWays } from './pattern-ways.ts';

/** The longest that zod writes (an IPv6 network) has 414. */
const MOST_CHARACTERS = 512;

const childrenOf = (node: PatternNode): readonly PatternNode[] => {
  switch (node.kind) {
    case 'sequence':
      return node.parts;
    case 'choice':
      return node.options;
    case 'repeat':
    case 'lookahead':
      return [node.body];
    case 'character':
    case 'assertion':
      return [];
  }
};

const descendantsOf = (node: PatternNode): readonly PatternNode[] => [
  node,
  ...childrenOf(node).flatMap(descendantsOf),
];

const hasLoop = (node: PatternNode): boolean => descendantsOf(node).some(isLoop);

const startsAtStart = (node: PatternNode): boolean => {
  switch (node.kind) {
    case 'assertion':
      return node.text === '^';
    case 'sequence':
      return node.parts[0] !== undefined && startsAtStart(node.parts[0]);
    case 'choice':
      return node.options.every(startsAtStart);
    default:
      return false;
  }
};

/** Whether a lookahead that may read far stands where it may have to do so again and again. */
const looksAheadRepeatedly = (node: PatternNode, repeatedly: boolean): boolean => {
  if (node.kind === 'lookahead' && repeatedly && hasLoop(node)) return true;
  let afterLoop = repeatedly || (node.kind === 'repeat' && hasLoop(node));
  return childrenOf(node).some((child) => {
    const found = looksAheadRepeatedly(child, afterLoop);
    if (node.kind === 'sequence') afterLoop ||= hasLoop(child);
    return found;
  });
};

const isHarmless = (root: PatternNode, anchored: boolean): boolean => {
  const automaton = buildAutomaton(root);
  if (automaton === null) return false;
  const unconditional = descendantsOf(root).every(
    (node) => node.kind !== 'lookahead' && (node.kind !== 'assertion' || node.text === '^'),
  );
  return isReadInFewWays(automaton, { anchored, unconditional });
};

/**
 * What is wrong with a pattern that a stranger wants us to match; null when nothing is. A pattern that passes
 * takes time in proportion to the text, whatever the text: V8 tries the ways of reading a text one after the
 * other, and a pattern that passes has at most 64 of them at any character (pattern-ways.ts counts them). So
 * `(a+)+` falls (the ways double with every character), and so does `\s+$` (one more at every character), but a
 * list such as `^[a-z]+(-[a-z]+)*$` passes. A few harmless ones fall too; the message says what to write.
 */
export const judgePattern = (pattern: string): string | null => {
  if (pattern.length > MOST_CHARACTERS) return `has more than ${MOST_CHARACTERS} characters`;
  const parsed = parsePattern(pattern);
  if (!parsed.ok) return parsed.message;
  const { root } = parsed;
  const anchored = startsAtStart(root);
  if (looksAheadRepeatedly(root, !anchored)) {
    return 'looks ahead without a limit from many places. Do that right after a leading ^ only, or limit it as in (?=.{1,20}x)';
  }
  const lookaheads = descendantsOf(root).filter((node) => node.kind === 'lookahead');
  if (isHarmless(root, anchored) && lookaheads.every(({ body }) => isHarmless(body, true))) return null;
  if (!anchored && isHarmless(root, true)) {
    return 'could take very long, as it is tried anew at every character. Start it with ^';
  }
  return (
    'could take very long, as it can read the same text in too many ways. After every *, + or {n,m}, the next character ' +
    'should show that the repetition is over: ^[a-z]+(-[a-z]+)*$ instead of ^([a-z]+-?)+$'
  );
};
