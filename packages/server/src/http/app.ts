import type { AnyRouter } from '@trpc/server';
import { Hono } from 'hono';
import type { Portals } from '../admin/portals.ts';
import type { Sessions } from '../admin/sessions.ts';
import { BellwireError } from '../core/errors.ts';
import type { DatabaseFacts } from '../ports/system.ts';
import type { Log } from '../ports/log.ts';
import type { Change } from '../ports/changes.ts';
import type { RpcContext } from '../rpc/trpc.ts';
import type { ShownChange } from '../rpc/views/change.ts';
import type { Admission } from './admission.ts';
import { answerError, API_HEADERS } from './answers.ts';
import type { ConsoleFiles } from '../ports/console-files.ts';
import { mountConsole } from './console.ts';
import { mountDocumentation } from './documentation.ts';
import { mountEntry } from './entry.ts';
import { limitBody } from './limit-body.ts';
import { measureRequests } from './measure-requests.ts';
import type { Metrics } from './metrics.ts';
import { allowPortalOrigins, mountPortal } from './portal.ts';
import { mountRest } from './rest.ts';
import { routesOf } from './routes.ts';
import { mountSession } from './session.ts';
import { mountStream } from './stream.ts';
import type { Streams } from './streams.ts';
import { mountTrpc } from './trpc.ts';

export interface AppOptions {
  readonly router: AnyRouter;
  readonly createContext: (request: Request) => Promise<RpcContext>;
  readonly streams: Streams;
  readonly viewChange: (change: Change) => ShownChange;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Milliseconds from an arbitrary start. */
  readonly monotonic: () => number;
  readonly admission: Admission;
  /** False while starting and stopping. */
  readonly isReady: () => boolean;
  readonly database: DatabaseFacts;
  readonly sessions: Sessions;
  readonly portals: Portals;
  /** The address in the browser, behind a proxy; null for the one of each request. */
  readonly public_url: string | null;
  /** The origins of pages that may show the portal or call the API with its token. */
  readonly portal_origins: readonly string[];
  readonly console_files: ConsoleFiles;
  /** Null when the inbox is disabled. */
  readonly inbox: Hono | null;
}

const PREFIXES = ['/v1', '/api/v1'] as const;
const methodsOf = (app: Hono, path: string): readonly string[] =>
  ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((method) =>
    // The console answers every address, if the client asks for a page.
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method && route.path !== '/*'),
  );

const readyText = ({ kind, version, migrations }: DatabaseFacts): string =>
  `ready\ndatabase ${kind} ${version}\nmigrations ${migrations.join(' ')}\n`;

/** Creates the HTTP application: REST, RPC, documentation, health, metrics and inbox. */
export const createApp = (options: AppOptions): Hono => {
  const { log, metrics } = options;
  const app = new Hono();
  const measured = measureRequests(metrics, options.monotonic);
  app.use(measured.middleware);
  if (options.portal_origins.length > 0) app.use(allowPortalOrigins(options.portal_origins));
  app.use(limitBody(log));
  app.get('/healthz', (c) => c.text('ok\n', 200, API_HEADERS));
  app.get('/readyz', (c) =>
    options.isReady()
      ? c.text(readyText(options.database), 200, API_HEADERS)
      : c.text('not ready\n', 503, API_HEADERS),
  );
  app.get('/metrics', async (c) =>
    c.text(await metrics.text(), 200, { ...API_HEADERS, 'content-type': metrics.content_type }),
  );
  mountTrpc(app, options);
  mountEntry(app, PREFIXES, routesOf(options.router));
  mountRest(app, { ...options, prefixes: PREFIXES });
  mountStream(app, { ...options, prefixes: PREFIXES });
  mountDocumentation(app, () => routesOf(options.router));
  if (options.inbox !== null) app.route('/inbox', options.inbox);
  mountSession(app, options);
  mountPortal(app, options);
  mountConsole(app, options.console_files, options.portal_origins);
  measured.addRoutes(app);
  app.notFound((c) => {
    const methods = methodsOf(app, c.req.path);
    if (methods.length === 0) {
      return answerError(
        c,
        new BellwireError('not_found', `${c.req.path} was not found. The API starts at /v1.`),
        log,
      );
    }
    c.header('allow', methods.join(', '));
    return answerError(
      c,
      new BellwireError(
        'method_not_allowed',
        `${c.req.path} supports ${methods.join(', ')}, not ${c.req.method}.`,
      ),
      log,
    );
  });
  app.onError((error, c) => answerError(c, error, log));
  return app;
};
