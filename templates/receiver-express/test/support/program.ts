import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { log } from '../../src/log.ts';
import { run } from '../../src/receiver.ts';

/** The receiver with a handler that does what the event's type says. */
await run(async ({ id, type }) => {
  log('info', 'begun', { id });
  if (type === 'hang' && process.env['HANG'] !== undefined) await new Promise(() => {});
  if (type === 'until_sigterm') {
    await once(process, 'SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  if (type === 'abort' && process.env['ABORT'] !== undefined) process.abort();
  if (type === 'fail' && process.env['FAIL'] !== undefined) throw new Error('told to');
  if (type === 'forget_await') void Promise.reject(new Error('without an await'));
  const { HANDLED } = process.env;
  if (HANDLED !== undefined) appendFileSync(HANDLED, `${id}\n`);
  log('info', 'done', { id });
});
