import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { ConsoleFile, ConsoleFiles } from '../ports/console-files.ts';

/** No inline script or style, nothing from elsewhere, and no HTML from text: Trusted Types has no policy. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
];

const PORTAL = /^\/portal\/?$/;

/**
 * The headers of a page. Only the portal can be shown in a frame, and only by the pages of these origins: it authenticates
 * by no cookie, so that a frame cannot act for a person who is signed in.
 */
export const pageHeaders = (path: string, portal_origins: readonly string[]): Record<string, string> => {
  const framing = PORTAL.test(path) && portal_origins.length > 0;
  const ancestors = framing ? portal_origins.join(' ') : "'none'";
  return {
    'content-security-policy': [...POLICY, `frame-ancestors ${ancestors}`].join('; '),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    ...(framing ? {} : { 'x-frame-options': 'DENY' }),
  };
};

const encodingOf = (c: Context, { br, gz }: ConsoleFile): 'br' | 'gzip' | null => {
  const accepted = c.req.header('accept-encoding') ?? '';
  if (br !== null && /\bbr\b/.test(accepted)) return 'br';
  return gz !== null && /\bgzip\b/.test(accepted) ? 'gzip' : null;
};

interface Sent {
  readonly cache_control: string;
  readonly headers: Readonly<Record<string, string>>;
}

const send = (c: Context, file: ConsoleFile, { cache_control, headers: shared }: Sent): Response => {
  const headers = {
    ...shared,
    etag: file.etag,
    'cache-control': cache_control,
    vary: 'accept-encoding',
  };
  if (c.req.header('if-none-match') === file.etag) return c.body(null, 304, headers);
  const encoding = encodingOf(c, file);
  const body = encoding === 'br' ? file.br : encoding === 'gzip' ? file.gz : file.raw;
  return c.body(body ?? file.raw, 200, {
    ...headers,
    'content-type': file.type,
    ...(encoding === null ? {} : { 'content-encoding': encoding }),
  });
};

/** Shown while the first start in a clone builds the page. It reloads without a script. */
const building = (c: Context, headers: Readonly<Record<string, string>>): Response | Promise<Response> =>
  c.html(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta http-equiv="refresh" content="1" />
          <meta name="color-scheme" content="light dark" />
          <title>Bellwire</title>
        </head>
        <body>
          <h1>The console is being built</h1>
          <p>
            This takes a few seconds after the first start. The page opens by itself; the API is ready
            already.
          </p>
          <p>If it takes longer than a minute, the terminal of the server shows why.</p>
        </body>
      </html>`,
    503,
    { ...headers, 'cache-control': 'no-store', 'retry-after': '1' },
  );

const SERVER_PATHS =
  /^\/(?:v1|api|trpc|session|portal\/session|inbox|openapi\.json|docs|healthz|readyz|metrics|assets)(?:\/|$)/;

/**
 * Mounts the console: the same page for every address that is not one of the server, if the client asks for HTML. Mount
 * it after all other routes.
 */
export const mountConsole = (app: Hono, files: ConsoleFiles, portal_origins: readonly string[]): void => {
  app.get('/assets/*', (c, next) => {
    const file = files.get(c.req.path);
    // Their names contain a digest of their content.
    if (file === null) return next();
    const cache_control = 'public, max-age=31536000, immutable';
    return send(c, file, { cache_control, headers: pageHeaders(c.req.path, portal_origins) });
  });
  app.get('/*', (c, next) => {
    const wants_page = /text\/html/.test(c.req.header('accept') ?? '');
    if (SERVER_PATHS.test(c.req.path)) return next();
    // Without a page to show, a program that asks for the root is sent to the documentation.
    if (!wants_page) return c.req.path === '/' ? c.redirect('/docs', 302) : next();
    const page = files.index();
    const headers = pageHeaders(c.req.path, portal_origins);
    return page === null ? building(c, headers) : send(c, page, { cache_control: 'no-cache', headers });
  });
};
