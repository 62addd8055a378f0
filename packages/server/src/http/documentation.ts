import type { Context, Hono } from 'hono';
import { sha256 } from '../core/signing.ts';
import { docsPage } from './docs/page.ts';
import { STYLE } from './docs/style.ts';
import { createOpenApi } from './openapi/document.ts';
import type { RestRoute } from './routes.ts';

interface Page {
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Made when it is first asked for, and the same from then on. */
const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
};

const digest = (text: string, encoding: 'base64' | 'base64url'): string =>
  Buffer.from(sha256(text)).toString(encoding);

const pageOf = (text: string, headers: Readonly<Record<string, string>>): Page => ({
  text,
  headers: {
    ...headers,
    etag: `"${digest(text, 'base64url')}"`,
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
  },
});

const answer = (c: Context, { text, headers }: Page): Response => {
  const tags = (c.req.header('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  const isKnown = tags.some((tag) => tag === '*' || tag === headers['etag']);
  return isKnown ? c.body(null, 304, headers) : c.body(text, 200, headers);
};

/** The page has no script, and its one style is known by its digest. */
const policy = (): string =>
  `default-src 'none'; style-src 'sha256-${digest(STYLE, 'base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** Mounts the documentation. It holds nothing secret and needs no key. */
export const mountDocumentation = (app: Hono, routes: () => readonly RestRoute[]): void => {
  const document = once(() => createOpenApi(routes()));
  const json = once(() => pageOf(JSON.stringify(document()), { 'content-type': 'application/json' }));
  const page = once(async () =>
    pageOf(await docsPage(document()), {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy(),
      'referrer-policy': 'no-referrer',
    }),
  );
  app.get('/openapi.json', (c) => answer(c, json()));
  app.get('/docs', async (c) => answer(c, await page()));
};
