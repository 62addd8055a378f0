import type { Context } from 'hono';
import { html } from 'hono/html';
import type { InboxEntry } from './inbox-entry.ts';

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1c2330; background: #fbfbfd }
h1 { font-size: 1.3rem } h2 { font-size: 1rem; margin: 0 }
article { background: #fff; border: 1px solid #dfe3ea; border-radius: 8px; padding: 1rem; margin: 1rem 0 }
pre { background: #f4f5f8; border-radius: 6px; padding: .7rem; overflow: auto; white-space: pre-wrap; word-break: break-word; font-size: 13px }
.verified { color: #12703b } .refused { color: #b3261e } .unsigned, .unknown { color: #8a5a00 }
time { color: #667085; font-weight: normal }
`;

// The page has no script. Inline styles are allowed for its own style element.
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

const words: Record<InboxEntry['signature'], string> = {
  verified: 'signature verified',
  refused: 'signature refused',
  unsigned: 'not signed',
  unknown: 'not from a hook of this server',
};

const article = (entry: InboxEntry) =>
  html`<article>
    <h2>
      <span class="${entry.signature}">${words[entry.signature]}</span>
      <time>${entry.method} at ${entry.received_at}</time>
    </h2>
    <pre>${entry.body}</pre>
    <details>
      <summary>Headers</summary>
      <pre>
${Object.entries(entry.headers)
  .map(([name, value]) => `${name}: ${value}`)
  .join('\n')}</pre>
    </details>
  </article>`;

/** The inbox as an HTML page. Received content is always escaped. */
export const inboxPage = (c: Context, name: string, entries: readonly InboxEntry[]) =>
  c.html(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta http-equiv="refresh" content="2" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>Inbox ${name} · Bellwire</title>
          <style>
            ${STYLE}
          </style>
        </head>
        <body>
          <h1>Inbox “${name}”</h1>
          <p>The latest requests to this address, newest first. Kept in memory only.</p>
          ${entries.length === 0 ? html`<p>No requests yet. Send an event to a hook with this address.</p>` : entries.map(article)}
        </body>
      </html>`,
    200,
    {
      'content-security-policy': POLICY,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  );
