import type { MiddlewareHandler } from 'hono';
import { MAX_PAYLOAD_BYTES, payloadTooLarge } from '../core/payload-limit.ts';
import type { Log } from '../ports/log.ts';
import { answerError } from './answers.ts';

/**
 * Refuses a body whose `content-length` is larger than 1 MiB before it is read. Node's parser enforces the header, and
 * `readBytes` counts the bytes of a body without one.
 */
export const limitBody =
  (log: Log): MiddlewareHandler =>
  async (c, next) => {
    const { headers } = c.req.raw;
    const length = headers.get('content-length');
    const is_large =
      length !== null && !headers.has('transfer-encoding') && Number(length) > MAX_PAYLOAD_BYTES;
    return is_large ? answerError(c, payloadTooLarge(), log) : next();
  };
