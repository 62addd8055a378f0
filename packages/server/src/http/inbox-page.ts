import type { Context } from 'hono';
import { html } from 'hono/html';
import { type InboxEntry, type ShownEntry, shownEntry } from './inbox-entry.ts';

/** Scripts and styles only from files of this server; the script cannot create markup from text. */
const POLICY = [
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'",
  "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
].join('; ');

const details = (title: string, text: string) =>
  html`<details>
    <summary>${title}</summary>
    <pre>${text}</pre>
  </details>`;

const article = ({ title, signature, verdict, when, body, raw, headers }: ShownEntry) =>
  html`<article>
    <h2>${title}<span class="${signature}">${verdict}</span><time>${when}</time></h2>
    <pre>${body}</pre>
    ${raw === null ? '' : details('Raw body', raw)}${details('Headers', headers)}
  </article>`;

interface InboxPage {
  readonly name: string;
  /** The newest first. */
  readonly entries: readonly InboxEntry[];
  /** The id from which the page continues. */
  readonly last_id: number;
}

/** The inbox as an HTML page. Received content is always escaped. */
export const inboxPage = (c: Context, { name, entries, last_id }: InboxPage) =>
  c.html(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>Inbox ${name} · Bellwire</title>
          <link rel="stylesheet" href="/inbox/assets/inbox.css" />
          <script src="/inbox/assets/inbox.js" defer></script>
        </head>
        <body>
          <h1>Inbox “${name}”</h1>
          <p>
            The latest requests to this address, newest first. Send an event to a hook with this address.
            <span id="state" role="status"></span> <button id="more" type="button" hidden></button>
          </p>
          <main id="entries" data-last="${last_id}">
            ${entries.map((entry) => article(shownEntry(entry)))}
          </main>
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
