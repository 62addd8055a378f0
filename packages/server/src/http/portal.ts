import type { Context, Hono, MiddlewareHandler } from 'hono';
import type { Portals } from '../admin/portals.ts';
import { BellwireError } from '../core/errors.ts';
import type { Log } from '../ports/log.ts';
import { portalTokenIn } from '../rpc/context.ts';
import { viewOpenedPortal } from '../rpc/views/portal.ts';
import { answerError, API_HEADERS } from './answers.ts';
import { readJsonText, toJsonObject } from './read-body.ts';

export interface PortalRoutes {
  readonly portals: Portals;
  readonly log: Log;
}

const EXCHANGE = '/portal/session';

const linkTokenIn = async (request: Request): Promise<string> => {
  const { token } = toJsonObject(await readJsonText(request));
  if (typeof token === 'string' && /^[\w-]{1,128}$/.test(token)) return token;
  throw new BellwireError('invalid_input', 'token is required: the part of the link after the #.', {
    issues: [{ path: 'token', message: 'must be the token of a link' }],
  });
};

/** Mounts the exchange of a link for a session. It sets no cookie: the page keeps the token in memory. */
export const mountPortal = (app: Hono, { portals, log }: PortalRoutes): void => {
  app.post(EXCHANGE, async (c) => {
    try {
      const opened = await portals.open(await linkTokenIn(c.req.raw));
      return c.json(viewOpenedPortal(opened), 200, API_HEADERS);
    } catch (thrown) {
      return answerError(c, thrown, log);
    }
  });
};

const CALLS = /^\/(?:v1|api\/v1|trpc)(?:\/|$)/;

const PREFLIGHT_HEADERS = {
  'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers': 'authorization, content-type, idempotency-key, last-event-id',
  'access-control-max-age': '600',
} as const;

const isPreflight = ({ method, headers }: Request): boolean =>
  method === 'OPTIONS' && headers.has('access-control-request-method');

const takesPortals = (c: Context): boolean => CALLS.test(c.req.path) || c.req.path === EXCHANGE;

/**
 * Lets pages of these origins make calls with a portal token, and exchange a link for one. Nothing is allowed for API keys
 * and for the cookies of the console, and never with credentials.
 */
export const allowPortalOrigins = (origins: readonly string[]): MiddlewareHandler => {
  const known: ReadonlySet<string> = new Set(origins);
  return async (c, next) => {
    const origin = c.req.header('origin');
    const is_known = origin !== undefined && known.has(origin) && takesPortals(c);
    if (is_known && isPreflight(c.req.raw)) {
      const headers = { ...PREFLIGHT_HEADERS, 'access-control-allow-origin': origin, vary: 'origin' };
      return c.body(null, 204, headers);
    }
    await next();
    const has_portal_token = portalTokenIn(c.req.header('authorization') ?? null) !== null;
    if (is_known && (has_portal_token || c.req.path === EXCHANGE)) {
      c.res.headers.set('access-control-allow-origin', origin);
      c.res.headers.set('access-control-expose-headers', 'retry-after');
      c.res.headers.append('vary', 'origin');
    }
    return undefined;
  };
};
