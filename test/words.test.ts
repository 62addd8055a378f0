import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findAll, findIn } from '../scripts/prose/find.ts';
import { identifiers, phrases } from '../scripts/prose/word-list.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const show = ({ path, line, found, but }: ReturnType<typeof findAll>[number]): string =>
  `${path}:${line}: "${found}", write ${but}`;

describe('words', () => {
  it('of earlier designs are not in the repository', () => {
    expect(findAll(root, identifiers).map(show)).toEqual([]);
  });

  it.each([
    ['const freePlace = 1;', 'freePlace'],
    ['await judgeTime(now);', 'judgeTime'],
    ['this.#mayAccept()', 'mayAccept'],
  ])('are found as whole identifiers: %s', (line, found) => {
    expect(findIn('a.ts', line, identifiers)).toMatchObject([{ line: 1, found }]);
  });

  it.each(['string', 'delegate', 'a key ring', 'the hook queue', 'forgotten-name'])(
    'that only contain an old one are left alone: %s',
    (line) => expect(findIn('a.ts', line, identifiers)).toEqual([]),
  );

  it('that are odd English are found in either case, with their replacement', () => {
    expect(findIn('a.md', 'Whoever reads this is no fool', phrases).map(({ found }) => found)).toEqual([
      'Whoever',
      'is no fool',
    ]);
    expect(findIn('a.md', 'There is no limit. It is no longer sent.', phrases)).toEqual([]);
  });
});
