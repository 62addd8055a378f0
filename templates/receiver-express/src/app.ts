import express, { type ErrorRequestHandler, type RequestHandler, type Response } from 'express';
import type { Inbox } from './inbox.ts';
import { log } from './log.ts';
import { secrets, settings } from './settings.ts';
import { type ReceiverAnswer, type ReceiverDialect, receiverDialects, verify } from './verify.ts';

const { WEBHOOK_DIALECT: dialect } = settings;
const { path, methods, accepted, refused, pings }: ReceiverDialect = receiverDialects[dialect];

const send = (response: Response, { status, body }: ReceiverAnswer): void => {
  if (typeof body === 'string') response.status(status).type('text').send(body);
  else response.status(status).json(body);
};

type HttpError = Error & { readonly status?: number };
const httpError = (status: number, message: string): HttpError =>
  Object.assign(new Error(message), { status });

const parse = (json: () => unknown): object => {
  try {
    const body = json();
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  } catch {
    // Not JSON.
  }
  throw httpError(400, 'The body is not a JSON object');
};

/** Verifies a request, stores its event, then answers: an event that is answered with 2xx is on disk. */
const receive =
  (inbox: Inbox): RequestHandler =>
  async ({ method, headers, body: raw, ip: client }, response) => {
    if (!methods.includes(method)) throw httpError(405, `Only ${methods.join(', ')}`);
    const request = { headers, body: Buffer.isBuffer(raw) ? raw : '' };
    const verified = await verify(request, { dialect, secret: secrets });
    if (!verified.accepted) {
      log('warn', 'refused', { reason: verified.reason, detail: verified.message, client });
      return send(response, refused);
    }
    const body = JSON.stringify(parse(verified.json));
    const { id, type } = { id: verified.id ?? '', type: verified.type ?? '' };
    // SQLite stores all lone surrogates as the same character, and so would mistake one id for another.
    if (id === '' || !id.isWellFormed()) throw httpError(400, 'The event has no id');
    inbox.assertInPlace();
    const outcome = pings.includes(type) ? 'pinged' : inbox.store({ id, type, dialect, body });
    if (outcome === 'full') throw httpError(429, 'Too many events are waiting');
    log('info', outcome, { id, type });
    send(response, accepted);
  };

// oxlint-disable-next-line max-params -- Express knows an error handler by its four parameters.
const onError: ErrorRequestHandler = ({ status = 503, message }: HttpError, _, response, __) => {
  log('error', 'not_received', { status, error: message });
  const body = { error: status === 503 ? 'The inbox is unavailable' : message };
  send(response.set('retry-after', '30'), { status, body });
};

/** The routes: the webhook at the dialect's path, and `/healthz`. */
export const createApp = (inbox: Inbox): express.Express => {
  const app = express().disable('x-powered-by').disable('etag');
  app.get('/healthz', (_, response) => {
    inbox.assertInPlace();
    response.json({ status: 'ok', ...inbox.counts() });
  });
  // The bytes as they arrived, for every content type: they are what was signed.
  app.all(path, express.raw({ type: () => true, limit: '1mb', inflate: false }), receive(inbox));
  return app.use(onError);
};
