import { type Context, Hono } from 'hono';
import { HIDDEN_VALUE } from '../core/custom-headers.ts';
import type { Owner } from '../core/owner.ts';
import type { Clock } from '../ports/clock.ts';
import type { InboxLog } from '../ports/inbox-log.ts';
import type { Log } from '../ports/log.ts';
import type { Admission } from './admission.ts';
import { answerError, API_HEADERS } from './answers.ts';
import { INBOX_SCRIPT, INBOX_STYLE } from './inbox-assets.ts';
import { bodyText, eventTypeOf, type Signature } from './inbox-entry.ts';
import { inboxPage } from './inbox-page.ts';
import { InboxStore } from './inbox-store.ts';
import { InboxStreams } from './inbox-streams.ts';
import { ownOrigins } from './own-hosts.ts';
import { bodyBytes, readBytes } from './read-body.ts';

export interface InboxVerdict {
  readonly signature: Signature;
  /** Lower-case names of headers with secret values. */
  readonly secret_headers: ReadonlySet<string>;
}

/** Checks the signature of a request to `/inbox/:name`, which may have any of the origins in its URL. */
export type VerifyInbox = (
  at: { readonly path: string; readonly origins: ReadonlySet<string> },
  received: { readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array },
) => Promise<InboxVerdict>;

/** The inbox has a share of the server like a workspace. */
const INBOX: Owner = ['inbox', ''];

const NAME = /^[a-z0-9-]{1,64}$/;

const withoutSecrets = (
  headers: Readonly<Record<string, string>>,
  secret: ReadonlySet<string>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, secret.has(name) ? HIDDEN_VALUE : value]),
  );

/** The headers of pages that other sites load; no sender of webhooks has them. */
const isForeign = (c: Context): boolean => {
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const origin = c.req.header('origin');
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== c.req.header('host'));
};

const asset = (text: string, type: string) => (c: Context) =>
  c.body(text, 200, {
    'content-type': type,
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
  });

export interface InboxOptions {
  readonly verify: VerifyInbox;
  readonly admission: Admission;
  readonly clock: Clock;
  readonly inbox_log: InboxLog;
  readonly log: Log;
  /** The address in the browser, behind a proxy; null for the one of each request. */
  readonly public_url: string | null;
}

/** The built-in receiver. */
export interface Inbox {
  readonly routes: Hono;
  /** Ends the open pages' streams. */
  readonly endStreams: () => void;
}

type Receive = (c: Context, name: string) => Promise<Response>;

/** Stores the requests of senders. */
const createReceive = (
  { verify, admission, clock, public_url }: InboxOptions,
  store: InboxStore,
  streams: InboxStreams,
): Receive => {
  const keep = async (c: Context, name: string, bytes: Uint8Array): Promise<Response> => {
    const all = c.req.header();
    const at = { path: `/inbox/${name}`, origins: ownOrigins(c.req.header('host') ?? '', public_url) };
    const { signature, secret_headers } = await verify(at, { headers: all, body: bytes });
    const headers = withoutSecrets(all, secret_headers);
    const body = bodyText(bytes);
    const entry = store.add(name, {
      received_at: new Date(clock.now()).toISOString(),
      method: c.req.method,
      signature,
      event_type: eventTypeOf(headers, body),
      headers,
      body,
      body_bytes: bytes.byteLength,
    });
    streams.publish(name, entry);
    return signature === 'refused'
      ? c.json({ error: 'Invalid signature' }, 401, API_HEADERS)
      : c.json({ status: 'received' }, 200, API_HEADERS);
  };
  return async (c, name) => {
    if (isForeign(c)) {
      return c.json({ error: 'Web pages of other origins cannot send to the inbox' }, 403, API_HEADERS);
    }
    const request = c.req.raw;
    return admission.run(INBOX, bodyBytes(request), {
      receive: () => readBytes(request),
      call: (bytes) => keep(c, name, bytes),
      is_read: false,
    });
  };
};

const emptyBody = (): Promise<void> => Promise.resolve();

/** A receiver for local development. Keeps the latest requests and shows them. */
export const createInbox = (options: InboxOptions): Inbox => {
  const { admission, clock, inbox_log, log } = options;
  const store = new InboxStore(inbox_log);
  const streams = new InboxStreams(store, clock);
  const receive = createReceive(options, store, streams);

  const show = (c: Context, name: string): Response | Promise<Response> => {
    const accepted = c.req.header('accept') ?? '';
    if (accepted.includes('text/event-stream')) {
      const after = c.req.header('last-event-id') ?? c.req.query('after') ?? '';
      return streams.open(name, /^\d{1,15}$/.test(after) ? Number(after) : 0);
    }
    const call = async (): Promise<Response> => {
      const entries = store.list(name);
      if (!accepted.includes('text/html')) return c.json({ data: entries }, 200, API_HEADERS);
      return inboxPage(c, { name, entries, last_id: store.lastId });
    };
    const work = { owner: INBOX, bytes: 0, receive: emptyBody, call, is_read: false };
    return admission.runLarge(c.req.raw, work);
  };

  const routes = new Hono()
    .get('/assets/inbox.css', asset(INBOX_STYLE, 'text/css; charset=utf-8'))
    .get('/assets/inbox.js', asset(INBOX_SCRIPT, 'text/javascript; charset=utf-8'))
    .all('/:name', async (c) => {
      const name = c.req.param('name');
      if (!NAME.test(name)) return c.notFound();
      try {
        return await (c.req.method === 'GET' ? show(c, name) : receive(c, name));
      } catch (thrown) {
        return answerError(c, thrown, log);
      }
    });
  return { routes, endStreams: () => streams.close() };
};
