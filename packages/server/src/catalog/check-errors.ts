import { BellwireError } from '../core/errors.ts';

/** Time for one check. */
export const MAX_CHECK_MS = 1_000;

export const shuttingDown = () =>
  new BellwireError('shutting_down', 'The server is shutting down. Nothing was stored; try again.', {
    retry_after_s: 1,
  });

export const tooSlow = (type: string) =>
  new BellwireError(
    'schema_too_slow',
    `The data could not be checked against the schema of "${type}" within ${MAX_CHECK_MS / 1000} s, so nothing was stored. A pattern that matches the same text in many ways, "uniqueItems" for a long array, or many references take that long. Simplify the schema with PUT /v1/event-types/${encodeURIComponent(type)}, or send less data.`,
    { issues: [{ path: 'data', message: `could not be checked within ${MAX_CHECK_MS / 1000} s` }] },
  );

export const budgetUsed = (type: string, retry_after_s: number) =>
  new BellwireError(
    'too_many_requests',
    `The schema of "${type}" takes long to check, and the workspace has used its share of time for such checks. Nothing was stored; send again in ${retry_after_s} s. Simplify the schema (patterns, references, "uniqueItems") to send more.`,
    { retry_after_s },
  );

export const tooManyWaiting = () =>
  new BellwireError(
    'overloaded',
    'Too much data waits to be checked against schemas. Nothing was stored; try again.',
    {
      retry_after_s: 1,
    },
  );

export const notStarted = (cause?: unknown) =>
  new BellwireError(
    'overloaded',
    'The thread that checks data against schemas could not start. Nothing was stored; try again.',
    { retry_after_s: 5, cause },
  );

export const notCompiled = () =>
  new BellwireError(
    'schema_invalid',
    'The schema of this event type cannot be compiled. Store a corrected one.',
  );
