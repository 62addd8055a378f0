import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { docsPage } from '../../packages/server/src/http/docs/page.ts';
import { document, operations, process_operations } from '../support/openapi-bench.ts';
import { type Answer, type RunningServer, startServer } from '../support/running-server.ts';

let server: RunningServer;
let page: Answer;
beforeAll(async () => {
  server = await startServer();
  page = await server.api('GET /docs', undefined, { key: null });
});
afterAll(() => server[Symbol.asyncDispose]());

const all = (pattern: RegExp): readonly string[] =>
  [...page.text.matchAll(pattern)].map(([, found = '']) => found);
const ids = () => all(/\sid="([^"]*)"/g);

it('the page is there for anybody, and is fetched only once', async () => {
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(page.text).toMatch(/^<!doctype html>/);
  const headers = { 'if-none-match': String(page.headers['etag']) };
  const again = await server.api('GET /docs', undefined, { key: null, headers });
  expect([again.status, again.text]).toEqual([304, '']);
  expect(again.headers['content-security-policy']).toBe(page.headers['content-security-policy']);
});

it('it runs nothing and fetches nothing: its policy allows its own style and no more', () => {
  const [style = ''] = all(/<style>([\s\S]*?)<\/style>/g);
  const digest = createHash('sha256').update(style).digest('base64');
  expect(page.headers['content-security-policy']).toBe(
    `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  expect(page.text).not.toMatch(/<(?:script|link|img|iframe|form|object|base)\b|\s(?:style|on\w+|src)=/i);
  expect(style).not.toMatch(/@import|url\(/);
  expect(all(/<style/g)).toHaveLength(1);
});

/** The light of a colour like `#1b2330`, and how far two colours are apart, as WCAG 2.2 measures them. */
const lightOf = (colour: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const contrast = (one: string, other: string): number => {
  const [dark = 0, light = 0] = [lightOf(one), lightOf(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};

it('every colour of its text can be read on every ground, by day and by night (WCAG AA)', () => {
  const schemes = all(/:root \{([^}]*)\}/g).map(
    (rules) =>
      new Map([...rules.matchAll(/--(\w+): (#\w{6})/g)].map(([, name = '', colour = '']) => [name, colour])),
  );
  expect(schemes).toHaveLength(2);
  const grounds = ['page', 'side', 'code'];
  for (const scheme of schemes) {
    const inks = [...scheme.keys()].filter((name) => name !== 'line' && !grounds.includes(name));
    expect(inks).toHaveLength(11);
    for (const ink of inks) {
      for (const ground of grounds) {
        const apart = contrast(scheme.get(ink)!, scheme.get(ground)!);
        expect(apart, `${ink} on ${ground}`).toBeGreaterThan(4.5);
      }
    }
  }
});

it('it shows every operation and every schema at an anchor of its own, with a request and an answer', () => {
  const anchors = new Set(ids());
  expect(anchors.size).toBe(ids().length);
  for (const { name, path, operation } of [...operations, ...process_operations]) {
    expect(anchors, name).toContain(name);
    const start = page.text.indexOf(`<article id="${name}"`);
    const article = page.text.slice(start, page.text.indexOf('</article>', start));
    expect(article, name).toContain(operation.summary);
    expect(article, name).toContain(path);
    expect(article, name).toContain('curl -s');
    for (const status of Object.keys(operation.responses))
      expect(article, `${name} ${status}`).toContain(status);
  }
  for (const name of Object.keys(document.components.schemas)) expect(anchors, name).toContain(name);
});

it('every link leads somewhere on this server', () => {
  const links = all(/\shref="([^"]*)"/g);
  expect(links.length).toBeGreaterThan(100);
  const anchors = new Set(ids());
  const astray = links.filter((link) => link !== '/openapi.json' && !anchors.has(link.replace(/^#/, '')));
  expect(astray).toEqual([]);
});

it('whatever the document says is text there, never markup', async () => {
  const hostile = '</code><script>alert("1")</script> `<b>` & \'';
  const spoiled = JSON.parse(
    JSON.stringify(document, (key, value: unknown) =>
      ['description', 'summary', 'message'].includes(key) && typeof value === 'string' ? hostile : value,
    ),
  ) as typeof document;
  const text = await docsPage(spoiled);
  expect(text).toContain('&lt;script&gt;');
  expect(text).not.toMatch(/<script|<b>/);
});
