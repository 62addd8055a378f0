import { readFileSync } from 'node:fs';
import { settingsTable, VERSION } from '@bellwire/server';
import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const readJson = (path: string) => JSON.parse(read(path)) as Record<string, unknown>;

/** The rows of a Markdown table, each a list of cells, whatever the columns are padded to. */
const rowsOf = (table: string): readonly (readonly string[])[] =>
  table
    .trim()
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replace(/^-+$/, '---')),
    );

test('the table of settings in the README is the one that the program has', () => {
  const [, table = ''] = /<!-- settings -->\n([\s\S]*?)<!-- \/settings -->/.exec(read('README.md')) ?? [];
  expect(rowsOf(table)).toEqual(rowsOf(settingsTable()));
});

test('VERSION is the one of every package that is published', () => {
  for (const name of ['server', 'cli', 'client', 'create-bellwire'])
    expect(readJson(`packages/${name}/package.json`)['version']).toBe(VERSION);
  expect(read('README.md')).toContain(`Bellwire ${VERSION} is running at`);
});

test('the changelog has a place for what is not released yet', () => {
  expect(read('CHANGELOG.md')).toMatch(/^## Pending$/m);
});

test('every command that the README and CONTRIBUTING name is a script', () => {
  const named = [...`${read('README.md')}${read('CONTRIBUTING.md')}`.matchAll(/npx -y pnpm@12 ([\w:]+)/g)];
  const scripts = Object.keys(readJson('package.json')['scripts'] as object);
  expect(named.length).toBeGreaterThanOrEqual(2);
  expect(scripts).toEqual(expect.arrayContaining(named.map(([, name]) => name)));
});
