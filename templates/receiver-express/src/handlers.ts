import type { Handlers, Received } from './handling.ts';
import { log } from './log.ts';

/**
 * Your code: one function for each event type in events.ts. If one throws, it runs again later; one may also run again
 * after a crash, so check `id` and do nothing the second time. Exports `handlers` and `otherwise`.
 */
export const handlers: Handlers = {
  'order.created': ({ id, data }) => log('info', 'order_created', { id, order: data.order }),
};

/** For event types without a handler. The event counts as handled. */
export const otherwise = ({ id, type }: Received): void => log('info', 'no_handler', { id, type });
