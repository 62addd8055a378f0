import { expect, test } from 'vitest';
import { systemClock } from '../../../packages/server/src/clock.ts';
import { migratePostgres, openPostgres } from '../../../packages/server/src/storage/postgres/database.ts';
import { Node } from '../../../packages/server/src/storage/postgres/node.ts';
import { postgres, startPostgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';

test.skipIf('missing' in postgres)(
  `nodes share the cap of a hook and the time of the database, and one of them leads${skipReason(postgres)}`,
  async () => {
    await using server = await startPostgres();
    await using database = await server.createDatabase();
    const opened = openPostgres(database.url);
    await migratePostgres(opened);
    const nodeOf = (node_id: string, ahead_ms = 0) =>
      new Node({
        ...opened,
        node_id,
        clock: { ...systemClock, now: () => systemClock.now() + ahead_ms },
      });
    const first = nodeOf('node_1');
    const second = nodeOf('node_2', 3_600_000);
    try {
      await first.open();
      expect([first.isLeader(), first.holdsLeases(), first.shareOf(8)]).toEqual([true, true, 8]);
      await second.open();
      // Until the others have seen it.
      expect([second.isLeader(), second.shareOf(8)]).toEqual([false, 1]);
      expect(Math.abs(second.now() - Date.now())).toBeLessThan(5_000);
      expect(first.now() - Date.now()).toBeLessThan(250);
      await expect.poll(() => [first.shareOf(9), second.shareOf(9)], { timeout: 10_000 }).toEqual([5, 4]);
      expect([first.shareOf(1), second.shareOf(1)]).toEqual([1, 1]);
      await first.close();
      await expect.poll(() => [second.isLeader(), second.shareOf(9)], { timeout: 10_000 }).toEqual([true, 9]);
    } finally {
      await second.close();
      await opened.close();
    }
  },
);
