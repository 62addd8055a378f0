import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { docsPage } from '../../packages/server/src/http/docs/page.ts';
import { document, operations, process_operations } from '../support/openapi.ts';
import { keepForFile, startServer } from '../support/running-server.ts';

const server = await keepForFile(startServer());
const page = await server.api('GET /docs', undefined, { key: null });

const all = (pattern: RegExp): readonly string[] =>
  [...page.text.matchAll(pattern)].map(([, found = '']) => found);
const ids = () => all(/\sid="([^"]*)"/g);

it('the page needs no key and is fetched once', async () => {
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(page.text).toMatch(/^<!doctype html>/);
  const headers = { 'if-none-match': String(page.headers['etag']) };
  const again = await server.api('GET /docs', undefined, { key: null, headers });
  expect([again.status, again.text]).toEqual([304, '']);
  expect(again.headers['content-security-policy']).toBe(page.headers['content-security-policy']);
});

it('it runs no script and loads nothing: its policy allows only its own style', () => {
  const [style = ''] = all(/<style>([\s\S]*?)<\/style>/g);
  const digest = createHash('sha256').update(style).digest('base64');
  expect(page.headers['content-security-policy']).toBe(
    `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  expect(page.text).not.toMatch(/<(?:script|link|img|iframe|form|object|base)\b|\s(?:style|on\w+|src)=/i);
  expect(style).not.toMatch(/@import|url\(/);
  expect(all(/<style/g)).toHaveLength(1);
});

/** The relative luminance of a colour like `#1b2330`, and the contrast of two colours, by WCAG 2.2. */
const luminanceOf = (colour: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const contrast = (one: string, other: string): number => {
  const [dark = 0, light = 0] = [luminanceOf(one), luminanceOf(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};

it('every text colour has enough contrast on every background, light and dark (WCAG AA)', () => {
  const schemes = all(/:root \{([^}]*)\}/g).map(
    (rules) =>
      new Map([...rules.matchAll(/--(\w+): (#\w{6})/g)].map(([, name = '', colour = '']) => [name, colour])),
  );
  expect(schemes).toHaveLength(2);
  const backgrounds = ['page', 'side', 'code'];
  for (const scheme of schemes) {
    const colours = [...scheme.keys()].filter((name) => name !== 'line' && !backgrounds.includes(name));
    expect(colours).toHaveLength(11);
    for (const colour of colours) {
      for (const background of backgrounds) {
        const apart = contrast(scheme.get(colour)!, scheme.get(background)!);
        expect(apart, `${colour} on ${background}`).toBeGreaterThan(4.5);
      }
    }
  }
});

it('it shows every operation and every schema at its own anchor, with a request and an answer', () => {
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

it('every link has a target on this server', () => {
  const lcolours = all(/\shref="([^"]*)"/g);
  expect(lcolours.length).toBeGreaterThan(100);
  const anchors = new Set(ids());
  const broken = lcolours.filter((link) => link !== '/openapi.json' && !anchors.has(link.replace(/^#/, '')));
  expect(broken).toEqual([]);
});

it('text of the document is never markup', async () => {
  const hostile = '</code><script>alert("1")</script> `<b>` & \'';
  const hostile_document = JSON.parse(
    JSON.stringify(document, (key, value: unknown) =>
      ['description', 'summary', 'message'].includes(key) && typeof value === 'string' ? hostile : value,
    ),
  ) as typeof document;
  const text = await docsPage(hostile_document);
  expect(text).toContain('&lt;script&gt;');
  expect(text).not.toMatch(/<script|<b>/);
});
