import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readDocPage } from '../support/doc-page.ts';

const docs = readdirSync(new URL('../../docs/', import.meta.url)).map((name) => `docs/${name}`);

/** The number of snippets of each page by language. The test of the page runs all of them. */
const run: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'README.md': { sh: 3, text: 1, ts: 1, mermaid: 1 },
  'docs/command-line.md': { sh: 2 },
  'docs/dialects.md': { sh: 4, ts: 2 },
  'docs/library.md': { ts: 1 },
  'docs/moving.md': { sh: 1, ts: 4 },
  'docs/operation.md': { ini: 1, sh: 2 },
  'docs/receivers.md': { sh: 3, ts: 2 },
  'packages/client/README.md': { ts: 2 },
  'packages/create-bellwire/README.md': { sh: 2 },
  'docs/secrets.md': { sh: 4, text: 2, ts: 1 },
};

it('every page is listed here, so that new pages are tested too', () => {
  expect(Object.keys(run).toSorted()).toEqual(
    ['README.md', 'packages/client/README.md', 'packages/create-bellwire/README.md', ...docs].toSorted(),
  );
});

it.each(Object.entries(run))('%s has only snippets that a test runs', (path, expected) => {
  const languages = [...readDocPage(path).text.matchAll(/^```(\w+)$/gm)].map(([, language = '']) => language);
  const counted = Object.entries(Object.groupBy(languages, (language) => language));
  expect(Object.fromEntries(counted.map(([language, all]) => [language, all?.length]))).toEqual(expected);
});

it.each(Object.keys(run))('%s links only to existing pages', (path) => {
  const { text } = readDocPage(path);
  for (const [, target = ''] of text.matchAll(/\]\((?!https:)([^)#]*)(?:#[^)]*)?\)/g)) {
    if (target === '') continue;
    expect(() => readDocPage(path.startsWith('docs/') ? `docs/${target}` : target), target).not.toThrow();
  }
});
