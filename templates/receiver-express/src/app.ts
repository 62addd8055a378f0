import type { ServerResponse } from 'node:http';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import type { Inbox } from './inbox.ts';
import { type Log, messageOf } from './log.ts';
import type { Settings } from './settings.ts';
import { type ReceiverDialect, receiverDialects, verify } from './verify.ts';

const MAX_BODY = 1_048_576;

export interface AppOptions {
  readonly settings: Settings;
  readonly inbox: Inbox;
  readonly log: Log;
  readonly onStored: () => void;
  readonly isStopping: () => boolean;
}

interface Answer {
  readonly status: number;
  /** A string is sent as plain text, an object as JSON. */
  readonly body: string | object;
  /** In seconds. */
  readonly retry_after?: number;
}

const full: Answer = { status: 429, body: { error: 'Too many events are waiting' }, retry_after: 30 };
const notStored: Answer = { status: 503, body: { error: 'The event was not stored' }, retry_after: 30 };
const tooFast: Answer = { status: 429, body: { error: 'Too many requests' }, retry_after: 1 };

const send = (response: ServerResponse, { status, body, retry_after }: Answer): void => {
  const isText = typeof body === 'string';
  response.statusCode = status;
  if (retry_after !== undefined) response.setHeader('retry-after', retry_after);
  if (body !== '')
    response.setHeader('content-type', isText ? 'text/plain; charset=utf-8' : 'application/json');
  response.end(isText ? body : JSON.stringify(body));
};

const allow =
  (methods: readonly string[]): RequestHandler =>
  ({ method }, response, next) => {
    if (methods.includes(method)) return next();
    response.setHeader('allow', methods.join(', '));
    send(response, { status: 405, body: { error: `Only ${methods.join(', ')}` } });
  };

/** Allows `limit` requests per second and client; 0 allows any number. Runs before the body is read. */
const limitRate = (limit: number, log: Log): RequestHandler => {
  let current = { second: 0, counts: new Map<string, number>() };
  return ({ ip: client = '' }, response, next) => {
    const second = Math.floor(Date.now() / 1000);
    if (second !== current.second) current = { second, counts: new Map() };
    const count = (current.counts.get(client) ?? 0) + 1;
    current.counts.set(client, count);
    if (limit === 0 || count <= limit) return next();
    log('warn', 'rate_limited', { client });
    send(response, tooFast);
  };
};

const parse = (json: () => unknown): object | null => {
  try {
    const body = json();
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? body : null;
  } catch {
    return null;
  }
};

/** Verifies a request, stores its event, then answers: an event that is answered with 2xx is on the disk. */
const receive = ({ settings, inbox, log, onStored }: AppOptions): RequestHandler => {
  const { WEBHOOK_DIALECT: dialect, secrets } = settings;
  const { accepted, refused, pings }: ReceiverDialect = receiverDialects[dialect];

  return async (request, response) => {
    const { headers, ip: client } = request;
    const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const verified = await verify({ headers, body: raw }, { dialect, secret: secrets });
    if (!verified.accepted) {
      log('warn', 'refused', { reason: verified.reason, detail: verified.message, client });
      return send(response, refused);
    }

    const body = parse(verified.json);
    // SQLite would store every lone surrogate as the same character, and so take one id for another.
    const id = verified.id?.isWellFormed() === true ? verified.id : '';
    if (body === null || id === '') {
      const error = body === null ? 'The body is not a JSON object' : 'The event has no id';
      log('warn', 'unreadable', { detail: error, client });
      return send(response, { status: 400, body: typeof refused.body === 'string' ? error : { error } });
    }

    const type = verified.type ?? '';
    try {
      if (!inbox.isInPlace()) throw new Error('The inbox was deleted or replaced. Restart the receiver.');
      if (pings.includes(type)) {
        log('info', 'pinged', { id, type });
        return send(response, accepted);
      }
      const arrival = { id, type, dialect, body: JSON.stringify(body), received_at: Date.now() };
      const outcome = await inbox.store(arrival);
      log(outcome === 'full' ? 'warn' : 'info', outcome, { id, type });
      if (outcome === 'stored') onStored();
      send(response, outcome === 'full' ? full : accepted);
    } catch (error) {
      log('error', 'not_stored', { id, type, error: messageOf(error) });
      send(response, notStored);
    }
  };
};

const health =
  ({ inbox, isStopping, log }: AppOptions): RequestHandler =>
  (_, response) => {
    try {
      if (!inbox.isInPlace()) return send(response, { status: 503, body: { status: 'inbox_lost' } });
      const { waiting, dead, oldest_received_at } = inbox.counts();
      const age_ms = oldest_received_at === null ? 0 : Date.now() - oldest_received_at;
      const oldest_waiting_seconds = Math.max(0, Math.floor(age_ms / 1000));
      const [status, word] = isStopping() ? [503, 'stopping'] : [200, 'ok'];
      send(response, { status, body: { status: word, waiting, dead, oldest_waiting_seconds } });
    } catch (error) {
      log('error', 'inbox_not_read', { error: messageOf(error) });
      send(response, { status: 503, body: { status: 'inbox_not_read' } });
    }
  };

const onError =
  (log: Log): ErrorRequestHandler =>
  // oxlint-disable-next-line max-params -- Express knows an error handler by its four parameters.
  (error: { readonly status?: unknown }, _, response, next) => {
    if (response.headersSent) return next(error);
    const status = typeof error.status === 'number' ? error.status : 500;
    const message = messageOf(error);
    log(status < 500 ? 'warn' : 'error', 'not_received', { status, error: message });
    send(response, { status, body: { error: status < 500 ? message : 'Unexpected error' } });
  };

/** The routes: the webhook at the dialect's path, and `/healthz`. */
export const createApp = (options: AppOptions): express.Express => {
  const { settings, isStopping, log } = options;
  const { path, methods }: ReceiverDialect = receiverDialects[settings.WEBHOOK_DIALECT];
  const app = express();
  app.disable('x-powered-by');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.set('trust proxy', settings.TRUST_PROXY);
  app.use((_, response, next) => {
    if (isStopping()) response.setHeader('connection', 'close');
    next();
  });
  app.all('/healthz', allow(['GET', 'HEAD']), health(options));
  // The bytes as they arrived, whatever the content type: they are what was signed.
  const raw = express.raw({ type: () => true, limit: MAX_BODY, inflate: false });
  app.all(path, allow(methods), limitRate(settings.RATE_LIMIT, log), raw, receive(options));
  app.use((_, response) => send(response, { status: 404, body: { error: 'Not found' } }));
  app.use(onError(log));
  return app;
};
