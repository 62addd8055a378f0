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

/** Generated or quoted material: the printed documents, the lock file, data of tests. The word list names its words. */
const NOT_READ =
  /(?:^|\/)(?:pnpm-lock\.yaml|LICENSE|scripts\/prose\/word-list\.ts)$|\.(?:json|png|txt|svg)$|^test\/(?:receivers|fixtures\/documents)\//;

/** The tracked and new files that people read, relative to the root. */
const readableFiles = (root: string): readonly string[] =>
  spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
    .stdout.split('\n')
    .filter((path) => path !== '' && !NOT_READ.test(path));

/** Phrases match in either case; identifiers as they are written. */
const between = ({ not, identifier = false }: Rule): RegExp =>
  new RegExp(String.raw`(?<![\w-])(?:${not})(?![\w-])`, identifier ? '' : 'i');

/** The lines of a text that break a rule. */
const findIn = (path: string, text: string, rules: readonly Rule[]): readonly Finding[] => {
  const compiled = rules.map((rule) => ({ ...rule, pattern: between(rule) }));
  return text.split('\n').flatMap((line, index) =>
    compiled.flatMap(({ pattern, but, except }) => {
      const match = pattern.exec(line);
      if (match === null || except?.test(line) === true) return [];
      return [{ path, line: index + 1, found: match[0].trim(), but }];
    }),
  );
};

/** Every line of the repository that breaks a rule. Files deleted but not yet committed are left out. */
export const findAll = (root: string, rules: readonly Rule[]): readonly Finding[] =>
  readableFiles(root).flatMap((path) => {
    try {
      return findIn(path, readFileSync(`${root}/${path}`, 'utf8'), rules);
    } catch {
      return [];
    }
  });
