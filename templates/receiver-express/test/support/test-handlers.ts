import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Handlers, Received } from '../../src/handling.ts';
import { log } from '../../src/log.ts';

export const handlers: Handlers = { 'order.created': ({ id }) => log('info', 'order_created', { id }) };

/** Waits while the file HOLD exists, then does what the event's type specifies. */
export const otherwise = async (event: Received): Promise<void> => {
  const { id, type } = event;
  const { HOLD = '', FAIL, ABORT } = process.env;
  log('info', 'begun', { id });
  if (type === 'until_sigterm') await once(process, 'SIGTERM').then(() => setTimeout(300));
  while (existsSync(HOLD)) await setTimeout(10);
  if (type === FAIL) throw new Error('always');
  if (type === ABORT) process.abort();
  if (type === 'not_awaited') void Promise.reject(new Error('without an await'));
  log('info', 'done', { ...event });
};
