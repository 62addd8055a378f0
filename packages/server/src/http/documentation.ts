import type { Hono } from 'hono';
import { etag, RETAINED_304_HEADERS } from 'hono/etag';
import { sha256 } from '../core/signing.ts';
import { docsPage } from './docs/page.ts';
import { STYLE } from './docs/style.ts';
import { createOpenApi } from './openapi/document.ts';
import type { RestRoute } from './routes.ts';

/** Calls `create` on first use and returns the same value from then on. */
const once = <T>(create: () => T): (() => T) => {
  let created: { readonly value: T } | null = null;
  return () => (created ??= { value: create() }).value;
};

const digest = (text: string, encoding: 'base64' | 'base64url'): string =>
  Buffer.from(sha256(text)).toString(encoding);

const pageOf = (text: string, headers: Readonly<Record<string, string>>) => ({
  // All responses share these bytes; of a text, each would have a copy until its client has read it.
  bytes: Buffer.from(text),
  headers: {
    ...headers,
    etag: `"${digest(text, 'base64url')}"`,
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
  },
});

/** The page has no script; its only style is allowed by digest. */
const policy = (): string =>
  `default-src 'none'; style-src 'sha256-${digest(STYLE, 'base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

const conditional = etag({
  retainedHeaders: [
    ...RETAINED_304_HEADERS,
    'content-security-policy',
    'referrer-policy',
    'x-content-type-options',
  ],
});

/** Mounts `/openapi.json` and `/docs`. Neither contains secrets, so neither needs an API key. */
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
  app.get('/openapi.json', conditional, (c) => c.body(json().bytes, 200, json().headers));
  app.get('/docs', conditional, async (c) => {
    const { bytes, headers } = await page();
    return c.body(bytes, 200, headers);
  });
};
