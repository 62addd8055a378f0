import { readFileSync } from 'node:fs';
import { settingsTable, VERSION } from '@bellwire/server';
import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const readJson = (path: string) => JSON.parse(read(path)) as Record<string, unknown>;

/** The formatter pads the columns of tables. */
const unpadded = (text: string) =>
  text
    .trim()
    .replaceAll(/-{3,}/g, '---')
    .replaceAll(/ *\| */g, '|');

test('the settings of the README are those of the program', () => {
  const [, table = ''] = /<!-- settings -->\n([\s\S]*?)<!-- \/settings -->/.exec(read('README.md')) ?? [];
  expect(unpadded(table)).toEqual(unpadded(settingsTable()));
});

test('every published package has the version VERSION', () => {
  for (const name of ['server', 'cli', 'client', 'create-bellwire'])
    expect(readJson(`packages/${name}/package.json`)['version']).toBe(VERSION);
  expect(read('README.md')).toContain(`Bellwire ${VERSION} is running at`);
});

test('the changelog has a section for unreleased changes', () => {
  expect(read('CHANGELOG.md')).toMatch(/^## Pending$/m);
});

test('every command of the README and CONTRIBUTING is a script', () => {
  const named = [...`${read('README.md')}${read('CONTRIBUTING.md')}`.matchAll(/npx -y pnpm@12 ([\w:]+)/g)];
  const scripts = Object.keys(readJson('package.json')['scripts'] as object);
  expect(named.length).toBeGreaterThanOrEqual(2);
  expect(scripts).toEqual(expect.arrayContaining(named.map(([, name]) => name)));
});
