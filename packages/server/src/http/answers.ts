import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { BellwireError } from '../core/errors.ts';
import type { Log } from '../ports/log.ts';
import { toBellwireError, toErrorBody } from '../rpc/to-error.ts';

/** On every answer of the API: it is nobody's to keep or to guess at. */
export const API_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

/** Headers that an error needs beside its body. */
export const errorHeaders = (error: BellwireError): Record<string, string> => ({
  ...API_HEADERS,
  ...(error.retry_after_s === undefined ? {} : { 'retry-after': String(error.retry_after_s) }),
  ...(error.code === 'unauthenticated' ? { 'www-authenticate': 'Bearer' } : {}),
});

/** Writes what an unknown error was to the log, since the caller is told nothing of it. */
export const logUnknown = (log: Log, error: BellwireError): void => {
  if (error.code !== 'internal') return;
  const { cause } = error;
  log.error('a request failed in a way nobody thought of', {
    reason: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
  });
};

/** Answers an error in the one shape of REST. */
export const answerError = (c: Context, thrown: unknown, log: Log): Response => {
  const error = toBellwireError(thrown);
  logUnknown(log, error);
  return c.json({ error: toErrorBody(error) }, error.status as ContentfulStatusCode, errorHeaders(error));
};
