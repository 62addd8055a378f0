import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { json, later, send } from './answer.ts';
import { dialectOf } from './dialects.ts';
import { type Log, messageOf } from './log.ts';
import { createRateLimit } from './rate-limit.ts';
import { receive, type ReceiveOptions } from './receive.ts';

const LARGEST_BODY = 1_048_576;

export interface AppOptions extends ReceiveOptions {
  readonly isWorking: () => boolean;
  readonly isStopping: () => boolean;
}

const only =
  (methods: readonly string[]): RequestHandler =>
  ({ method }, response, next) => {
    if (methods.includes(method)) return next();
    response.setHeader('allow', methods.join(', '));
    send(response, json(405, { error: `Only ${methods.join(', ')}` }));
  };

/** Before the body is read, so that a flood costs little. */
const limitRate = (limit: number, log: Log): RequestHandler => {
  const isWithin = createRateLimit(limit);
  return ({ ip = '' }, response, next) => {
    if (isWithin(ip, Date.now())) return next();
    log('warn', 'rate_limited', { client: ip });
    send(response, later(429, 1, 'Too many requests'));
  };
};

const health =
  ({ inbox, isInPlace, isWorking, log }: AppOptions): RequestHandler =>
  (_, response) => {
    try {
      if (!isInPlace()) return send(response, json(503, { status: 'inbox_lost' }));
      const { waiting, dead, oldest_received_at } = inbox.counts();
      const age = oldest_received_at === null ? 0 : Date.now() - oldest_received_at;
      const oldest_waiting_seconds = Math.max(0, Math.floor(age / 1000));
      const [status, word] = isWorking() ? [200, 'ok'] : [503, 'stopped'];
      send(response, json(status, { status: word, waiting, dead, oldest_waiting_seconds }));
    } catch (error) {
      log('error', 'inbox_not_read', { error: messageOf(error) });
      send(response, json(503, { status: 'inbox_not_read' }));
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
    send(response, json(status, { error: status < 500 ? message : 'Something went wrong here' }));
  };

/** The routes: the webhook where the dialect wants it, and `/healthz`. */
export const createApp = (options: AppOptions): express.Express => {
  const { settings, isStopping, log } = options;
  const { path, methods } = dialectOf(settings.dialect);
  const app = express();
  app.disable('x-powered-by');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.set('trust proxy', settings.trust_proxy);

  app.use((_, response, next) => {
    if (isStopping()) response.setHeader('connection', 'close');
    next();
  });
  app.all('/healthz', only(['GET', 'HEAD']), health(options));
  app.all(
    path,
    only(methods),
    limitRate(settings.rate_limit, log),
    // The bytes as they came: the signature is over them, whatever the content type says.
    express.raw({ type: () => true, limit: LARGEST_BODY, inflate: false }),
    receive(options),
  );
  app.use((_, response) => send(response, json(404, { error: 'Nothing is here' })));
  app.use(onError(log));
  return app;
};
