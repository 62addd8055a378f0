import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { BellwireError } from '../core/errors.ts';
import type { Log } from '../engine/ports.ts';
import { answerError } from './answers.ts';

/** The largest request body, in bytes. */
export const MOST_BYTES = 1_048_576;

/**
 * Refuses a body over 1 MiB before it is read: by its `content-length`, which Node's parser holds the body to, or
 * by counting where there is none.
 */
export const limitBody = (log: Log): MiddlewareHandler => {
  const refuse = new BellwireError(
    'payload_too_large',
    'The body is larger than 1 MiB. Send less, or send a link to it.',
  );
  const counting = bodyLimit({ maxSize: MOST_BYTES, onError: (c) => answerError(c, refuse, log) });
  return async (c, next) => {
    const length = c.req.raw.headers.get('content-length');
    // Counting turns the request into a stream, which costs more than all the rest of a small call.
    if (c.req.raw.headers.has('transfer-encoding')) return counting(c, next);
    if (length !== null && Number(length) > MOST_BYTES) return answerError(c, refuse, log);
    return next();
  };
};
