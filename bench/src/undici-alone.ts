import { Agent, request } from 'undici';
import type { Child } from './child.ts';
import { type Hello, HOOKS, PADDING, urlOf } from './event-load.ts';

/** Requests per second of `undici.request` alone, the upper limit for sending over HTTP from one process. */
export const benchUndici = async (receiver: Child<Hello>, requests: number): Promise<number> => {
  const dispatcher = new Agent({ connections: HOOKS * 2, pipelining: 1 });
  const body = JSON.stringify({
    type: 'bench',
    timestamp: new Date().toISOString(),
    data: { padding: PADDING },
  });
  const url = `${urlOf(receiver)}/hook`;
  let left = requests;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: HOOKS * 2 }, async () => {
      while (left-- > 0) {
        const response = await request(url, {
          dispatcher,
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        });
        await response.body.dump();
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  await dispatcher.close();
  return requests / seconds;
};
