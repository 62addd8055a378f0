import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Rule } from './word-list.ts';

/** One line of a file that breaks a rule. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly found: string;
  readonly but: string;
}

/** Excluded files: generated or quoted text, test data, and the word list itself. */
const EXCLUDED =
  /(?:^|\/)(?:pnpm-lock\.yaml|LICENSE|scripts\/prose\/word-list\.ts|test\/words\.test\.ts)$|\.(?:json|png|txt|svg)$|^test\/fixtures\/documented-receivers\//;

/** The tracked and new files that people read, relative to the root. */
const readableFiles = (root: string): readonly string[] =>
  spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
    .stdout.split('\n')
    .filter((path) => path !== '' && !EXCLUDED.test(path));

/** Phrases ignore case; identifiers do not. */
const patternOf = ({ not, identifier = false }: Rule): RegExp =>
  new RegExp(String.raw`(?<![\w-])(?:${not})(?![\w-])`, identifier ? '' : 'i');

/** Finds the lines of a text that break a rule. */
export const findIn = (path: string, text: string, rules: readonly Rule[]): readonly Finding[] => {
  const compiled = rules
    .filter(({ files }) => files?.test(path) !== false)
    .map((rule) => ({ ...rule, pattern: patternOf(rule) }));
  return text.split('\n').flatMap((line, index) =>
    compiled.flatMap(({ pattern, but, except }) => {
      const match = pattern.exec(line);
      if (match === null || except?.test(line) === true) return [];
      return [{ path, line: index + 1, found: match[0].trim(), but }];
    }),
  );
};

/** Finds the lines of the repository that break a rule. Ignores deleted files that are not committed yet. */
export const findAll = (root: string, rules: readonly Rule[]): readonly Finding[] =>
  readableFiles(root).flatMap((path) => {
    try {
      return findIn(path, readFileSync(`${root}/${path}`, 'utf8'), rules);
    } catch {
      return [];
    }
  });
