import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { BellwireError } from '../core/errors.ts';
import type { Log } from '../ports/log.ts';
import type { loggedWorkspace } from '../rpc/trpc.ts';
import { isAborted } from './read-body.ts';
import { logServerError, toBellwireError, toErrorBody } from '../rpc/to-error.ts';

/** Headers of every API response: no caching, no content type sniffing. */
export const API_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

/** The response headers of an error. */
export const errorHeaders = (error: BellwireError): Record<string, string> => ({
  ...API_HEADERS,
  ...(error.retry_after_s === undefined ? {} : { 'retry-after': String(error.retry_after_s) }),
  ...(error.code === 'unauthenticated' ? { 'www-authenticate': 'Bearer' } : {}),
});

/** The variable of a request that has the workspace for its log lines. */
export const LOGGED_WORKSPACE = 'logged_workspace';

/** The response of an error outside of the app. */
export const errorResponse = (error: BellwireError): Response =>
  Response.json({ error: toErrorBody(error) }, { status: error.status, headers: errorHeaders(error) });

/** Responds with the error in the REST error format. Errors of the server are logged. */
export const answerError = (c: Context, thrown: unknown, log: Log): Response => {
  const error = toBellwireError(thrown);
  const workspace = c.get(LOGGED_WORKSPACE) as ReturnType<typeof loggedWorkspace> | undefined;
  const logged = { call: `${c.req.method} ${c.req.path}`, ...workspace };
  if (isAborted(error)) log.debug('a client closed its connection before its body was complete', logged);
  else logServerError(log, error, logged);
  return c.json({ error: toErrorBody(error) }, error.status as ContentfulStatusCode, errorHeaders(error));
};
