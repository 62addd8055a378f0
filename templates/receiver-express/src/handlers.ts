import type { Handlers, Received } from './handling.ts';
import { log } from './log.ts';

/**
 * Your code: one function for each event type in events.ts. One that throws runs again later, and one may run again
 * after a crash, so let it look at `id` and do nothing the second time. Exports `handlers` and `otherwise`.
 */
export const handlers: Handlers = {
  'order.created': ({ id, data }) => {
    log('info', 'order_created', { id, order: data.order.id, total: data.order.total });
  },
};

/** For event types that have no handler above. The event counts as handled. */
export const otherwise = ({ id, type }: Received): void => {
  log('info', 'no_handler', { id, type });
};
