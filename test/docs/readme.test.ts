import { readFileSync } from 'node:fs';
import { settingsTable, VERSION } from '@bellwire/server';
import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const readJson = (path: string) => JSON.parse(read(path)) as Record<string, unknown>;

/** The rows of a Markdown table as lists of cells, without padding. */
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

test('the settings table in the README is the one that the program generates', () => {
  const [, table = ''] = /<!-- settings -->\n([\s\S]*?)<!-- \/settings -->/.exec(read('README.md')) ?? [];
  expect(rowsOf(table)).toEqual(rowsOf(settingsTable()));
});

test('VERSION is that of every published package', () => {
  for (const name of ['server', 'cli', 'client', 'create-bellwire'])
    expect(readJson(`packages/${name}/package.json`)['version']).toBe(VERSION);
  expect(read('README.md')).toContain(`Bellwire ${VERSION} is running at`);
});

test('the changelog has a section for unreleased changes', () => {
  expect(read('CHANGELOG.md')).toMatch(/^## Pending$/m);
});

test('every pnpm command in the README and CONTRIBUTING is a script', () => {
  const named = [...`${read('README.md')}${read('CONTRIBUTING.md')}`.matchAll(/npx -y pnpm@12 ([\w:]+)/g)];
  const scripts = Object.keys(readJson('package.json')['scripts'] as object);
  expect(named.length).toBeGreaterThanOrEqual(2);
  expect(scripts).toEqual(expect.arrayContaining(named.map(([, name]) => name)));
});
