import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { MAX_PAYLOAD_BYTES, payloadTooLarge } from '../core/payload-limit.ts';
import type { Log } from '../ports/log.ts';
import { answerError } from './answers.ts';

/**
 * Refuses a body larger than 1 MiB before it is read: by its `content-length`, which Node's parser enforces, or by
 * counting bytes when there is none, as in a chunked or in-process request.
 */
export const limitBody = (log: Log): MiddlewareHandler => {
  const counting = bodyLimit({
    maxSize: MAX_PAYLOAD_BYTES,
    onError: (c) => answerError(c, payloadTooLarge(), log),
  });
  return async (c, next) => {
    const { headers, method } = c.req.raw;
    const length = headers.get('content-length');
    if (length !== null && !headers.has('transfer-encoding')) {
      return Number(length) > MAX_PAYLOAD_BYTES ? answerError(c, payloadTooLarge(), log) : next();
    }
    // Counting turns the request into a stream, which would cost more than the rest of a small call.
    return method === 'GET' || method === 'HEAD' ? next() : counting(c, next);
  };
};
