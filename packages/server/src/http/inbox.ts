import { type Context, Hono } from 'hono';
import { HIDDEN_VALUE } from '../core/custom-headers.ts';
import type { Clock } from '../ports/clock.ts';
import { API_HEADERS } from './answers.ts';
import type { InboxEntry, Signature } from './inbox-entry.ts';
import { inboxPage } from './inbox-page.ts';

export interface InboxVerdict {
  readonly signature: Signature;
  /** Names, in lower case, of headers whose values are secrets. */
  readonly secret_headers: ReadonlySet<string>;
}

/** Checks a request that came for `/inbox/:name`. */
export type CheckInbox = (
  path: string,
  received: { readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array },
) => Promise<InboxVerdict>;

const MAX_ENTRIES = 100;
/** Of a body, in characters. With the other limits an inbox that anybody may write to stays under 100 MiB. */
const MAX_KEPT = 8_192;
const MAX_INBOXES = 20;
const NAME = /^[a-z0-9-]{1,64}$/;

const withoutSecrets = (
  headers: Readonly<Record<string, string>>,
  secret: ReadonlySet<string>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, secret.has(name) ? HIDDEN_VALUE : value]),
  );

const shortened = (body: string): string =>
  body.length <= MAX_KEPT ? body : `${body.slice(0, MAX_KEPT)}… (${body.length - MAX_KEPT} more characters)`;

/** A receiver for the first five minutes: keeps the last requests in memory and shows them. */
export const createInbox = (check: CheckInbox, clock: Clock): Hono => {
  const inboxes = new Map<string, InboxEntry[]>();

  const keep = (name: string, entry: InboxEntry): void => {
    const entries = inboxes.get(name) ?? [];
    if (!inboxes.has(name) && inboxes.size >= MAX_INBOXES) return;
    inboxes.set(name, [entry, ...entries].slice(0, MAX_ENTRIES));
  };

  const receive = async (c: Context, name: string): Promise<Response> => {
    const headers = c.req.header();
    const body = new Uint8Array(await c.req.arrayBuffer());
    const { signature, secret_headers } = await check(`/inbox/${name}`, { headers, body });
    keep(name, {
      received_at: new Date(clock.now()).toISOString(),
      method: c.req.method,
      signature,
      headers: withoutSecrets(headers, secret_headers),
      body: shortened(new TextDecoder().decode(body)),
    });
    return signature === 'refused'
      ? c.json({ error: 'Invalid signature' }, 401, API_HEADERS)
      : c.json({ status: 'received' }, 200, API_HEADERS);
  };

  const show = (c: Context, name: string): Response | Promise<Response> => {
    const entries = inboxes.get(name) ?? [];
    const wantsPage = (c.req.header('accept') ?? '').includes('text/html');
    return wantsPage ? inboxPage(c, name, entries) : c.json({ data: entries }, 200, API_HEADERS);
  };

  return new Hono().all('/:name', (c) => {
    const name = c.req.param('name');
    if (!NAME.test(name)) return c.notFound();
    return c.req.method === 'GET' ? show(c, name) : receive(c, name);
  });
};
