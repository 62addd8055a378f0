import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startServer } from '../support/running-server.ts';

// Each reads several times, in turn with all others: together more than may wait for the database.
const READS = 400;

it.each([
  ['GET /v1/stats', undefined],
  ['POST /v1/webhooks/try-filter', { filter: 'n > 1', events: ['*'] }],
] as const)(
  'hundreds of calls of one workspace (%s) do not keep another from reading',
  async (call, body) => {
    await using running = await startServer();
    const [hostile, other] = [await running.newWorkspace(), await running.newWorkspace()];
    await hostile.send();
    // A workspace that has been alone for a second is not restrained.
    await wait(1_100);
    const first = Promise.withResolvers<void>();
    const read = async (): Promise<number> => {
      const { status } = await hostile.api(call, body);
      first.resolve();
      return status;
    };
    const all = Promise.all(Array.from({ length: READS }, read));
    await first.promise;
    for (let n = 0; n < 5; n += 1) expect((await other.api('GET /v1/webhooks')).status).toBe(200);
    expect(new Set(await all)).toEqual(new Set([200]));
  },
);
