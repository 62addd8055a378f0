import type { Context, Hono } from 'hono';
import type { KeyCaller } from '../admin/keys.ts';
import type { Sessions, SignedIn } from '../admin/sessions.ts';
import { BellwireError } from '../core/errors.ts';
import type { Log } from '../ports/log.ts';
import { answerError, API_HEADERS } from './answers.ts';
import { readJsonText, toJsonObject } from './read-body.ts';
import {
  assertOwnOrigin,
  expiredCookie,
  keepsCookie,
  ownOrigin,
  sessionCookie,
  tokenIn,
} from './session-cookie.ts';

export interface SessionRoutes {
  readonly sessions: Sessions;
  /** The address in the browser, behind a proxy; null for the one of the request. */
  readonly public_url: string | null;
  readonly log: Log;
}

const signedIn = ({ scope, workspace_id }: KeyCaller) => ({ signed_in: true, scope, workspace_id });

const textIn = async (c: Context, name: string): Promise<string> => {
  const { [name]: value } = toJsonObject(await readJsonText(c.req.raw));
  if (typeof value === 'string' && value !== '') return value;
  throw new BellwireError('invalid_input', `${name} is required.`, {
    issues: [{ path: name, message: 'must be a text' }],
  });
};

/**
 * Mounts `/session`, with which the console signs in and out. Each answer says who is signed in: a status of 401 would
 * be an error in the console of the browser.
 */
export const mountSession = (app: Hono, { sessions, public_url, log }: SessionRoutes): void => {
  const originOf = (c: Context): URL => ownOrigin(c.req.raw, public_url);

  const current = async (c: Context): Promise<Response> => {
    const origin = originOf(c);
    const token = tokenIn(c.req.raw, origin);
    const caller = token === null ? null : await sessions.callerOf(token);
    const answer =
      caller === null ? { signed_in: false, keeps_cookie: keepsCookie(origin) } : signedIn(caller);
    return c.json(answer, 200, API_HEADERS);
  };

  const start = async (c: Context, begin: () => Promise<SignedIn>): Promise<Response> => {
    const origin = originOf(c);
    assertOwnOrigin(c.req.raw, origin);
    const { token, caller, max_age_ms } = await begin();
    // Without a cookie, the page keeps the API key in memory, and this session is never used.
    if (keepsCookie(origin)) c.header('set-cookie', sessionCookie(origin, token, max_age_ms));
    else await sessions.end(token);
    return c.json(signedIn(caller), 200, API_HEADERS);
  };

  const end = async (c: Context): Promise<Response> => {
    const origin = originOf(c);
    assertOwnOrigin(c.req.raw, origin);
    const token = tokenIn(c.req.raw, origin);
    if (token !== null) {
      await sessions.end(token);
      c.header('set-cookie', expiredCookie(origin));
    }
    return c.json({ signed_in: false, keeps_cookie: keepsCookie(origin) }, 200, API_HEADERS);
  };

  const answering = (handle: (c: Context) => Promise<Response>) => async (c: Context) => {
    try {
      return await handle(c);
    } catch (thrown) {
      return answerError(c, thrown, log);
    }
  };
  app.get('/session', answering(current));
  app.post(
    '/session',
    answering((c) => start(c, async () => sessions.signIn(await textIn(c, 'api_key')))),
  );
  app.post(
    '/session/link',
    answering((c) => start(c, async () => sessions.useLink(await textIn(c, 'token')))),
  );
  app.delete('/session', answering(end));
};
