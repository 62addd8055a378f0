import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readDocPage } from '../support/doc-page.ts';

const docs = readdirSync(new URL('../../docs/', import.meta.url))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);

/** The number of snippets of each language on a page. The test of the page runs all of them. */
const tested: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'README.md': { sh: 3, text: 1, ts: 1, mermaid: 1 },
  'docs/api-keys.md': { sh: 1, text: 1 },
  'docs/command-line.md': { sh: 2 },
  'docs/console.md': {},
  'docs/customers.md': { ts: 1 },
  'docs/dialects.md': { sh: 5, json: 1, ts: 2 },
  'docs/filters.md': { sh: 1, text: 1 },
  'docs/library.md': { ts: 1 },
  'docs/portal.md': { ts: 3 },
  'docs/moving.md': { sh: 1, ts: 4 },
  'docs/operation.md': { ini: 1, sh: 3 },
  'docs/operational-events.md': { sh: 1, json: 6 },
  'docs/ordering.md': {},
  'docs/postgres.md': { sh: 3, sql: 1 },
  'docs/receivers.md': { sh: 3, ts: 2 },
  'docs/signatures.md': { sh: 3 },
  'packages/client/README.md': { ts: 2 },
  'packages/create-bellwire/README.md': { sh: 2 },
  'docs/stream.md': {},
  'docs/secrets.md': { sh: 5, text: 1, ts: 1 },
  'docs/security.md': {},
  'docs/throttling.md': {},
};

it('the table above lists every page', () => {
  expect(Object.keys(tested).toSorted()).toEqual(
    ['README.md', 'packages/client/README.md', 'packages/create-bellwire/README.md', ...docs].toSorted(),
  );
});

it.each(Object.entries(tested))('%s has no untested snippet', (path, expected) => {
  const languages = [...readDocPage(path).text.matchAll(/^```(\w+)$/gm)].map(([, language = '']) => language);
  const counted = Object.entries(Object.groupBy(languages, (language) => language));
  expect(Object.fromEntries(counted.map(([language, all]) => [language, all?.length]))).toEqual(expected);
});

it.each([
  ['docs/dialects.md', ['orchard.config.ts', 'acme.config.ts']],
  ['docs/secrets.md', ['is-genuine.ts']],
  ['docs/portal.md', ['portal/link.ts', 'portal/host.ts', 'portal/page.ts']],
  ['docs/receivers.md', ['receivers/fetch-handler.ts', 'receivers/express-handler.ts']],
])('the TypeScript of %s is type-checked: each block is a fixture', (path, names) => {
  const fixtures = names.map((name) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8'));
  expect(readDocPage(path).blocks('ts')).toEqual(fixtures);
});

const anchorsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, head = '']) =>
    head
      .toLowerCase()
      .replaceAll(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );

it.each(Object.keys(tested))('every link of %s has a target', (path) => {
  const { text } = readDocPage(path);
  for (const [, target = '', anchor] of text.matchAll(/\]\((?!https:)([^)#]*)(?:#([^)]*))?\)/g)) {
    const linked = path.startsWith('docs/') ? `docs/${target}` : target;
    const found = target === '' ? text : readDocPage(linked).text;
    if (anchor !== undefined) expect(anchorsOf(found), `${target}#${anchor}`).toContain(anchor);
  }
});
