import { expect, test } from 'vitest';
import { systemClock } from '../../../packages/server/src/clock.ts';
import { Invalidations, type Invalidation } from '../../../packages/server/src/storage/invalidations.ts';
import { openPostgres } from '../../../packages/server/src/storage/postgres/database.ts';
import { Notices } from '../../../packages/server/src/storage/postgres/notices.ts';
import { ownPostgres, startPostgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';

test.skipIf('missing' in ownPostgres)(
  `what one node changes reaches the others, also after the database server was killed${skipReason(ownPostgres)}`,
  async () => {
    await using server = await startPostgres();
    const url = server.urlOf('postgres');
    const start = async (node_id: string) => {
      const { pool, close } = openPostgres(url);
      const invalidations = new Invalidations();
      const seen: Invalidation[] = [];
      invalidations.subscribe((change) => seen.push(change));
      const notices = new Notices({ url, schema: null, pool, node_id, clock: systemClock, invalidations });
      await notices.open();
      return {
        publish: (change: Invalidation) => invalidations.publish(change),
        seen,
        [Symbol.asyncDispose]: async () => {
          await notices.close();
          await close();
        },
      };
    };
    await using first = await start('node_1');
    await using second = await start('node_2');
    const change: Invalidation = { kind: 'api_key', id: 'key_1' };
    first.publish(change);
    await expect.poll(() => second.seen, { timeout: 5_000 }).toEqual([change]);
    // A change of another node is not sent again.
    expect(first.seen).toEqual([change]);
    await server.kill();
    await server.start();
    const later: Invalidation = { kind: 'api_key', id: 'key_2' };
    await expect
      .poll(
        () => {
          first.publish(later);
          return second.seen.some((one) => one.kind === 'api_key' && one.id === 'key_2');
        },
        { timeout: 15_000, interval: 250 },
      )
      .toBe(true);
  },
);
