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
      expect([first.isLeader(), first.holdsLease(first.now() + 1), first.shareOf(8)]).toEqual([
        true,
        true,
        8,
      ]);
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

test.skipIf('missing' in postgres)(
  `a node that was suspended trusts no lease from before, also after its next sign of life${skipReason(postgres)}`,
  { timeout: 30_000 },
  async () => {
    await using server = await startPostgres();
    await using database = await server.createDatabase();
    const opened = openPostgres(database.url);
    await migratePostgres(opened);
    let suspended_ms = 0;
    const monotonic = () => systemClock.monotonic() + suspended_ms;
    const clock = { ...systemClock, monotonic, now: () => systemClock.now() + suspended_ms };
    const node = new Node({ ...opened, node_id: 'node_1', clock });
    const { lease_window } = node;
    try {
      await node.open();
      const [leased_at, checked_at] = [node.now() + 1, monotonic() + 1];
      expect(node.holdsLease(leased_at)).toBe(true);
      expect(lease_window.covers(checked_at, monotonic())).toBe(true);
      suspended_ms = 9_000;
      expect(node.holdsLease(leased_at)).toBe(false);
      expect(lease_window.covers(checked_at, monotonic())).toBe(false);
      await expect.poll(() => node.holdsLease(node.now() + 1), { timeout: 10_000 }).toBe(true);
      expect(node.holdsLease(leased_at)).toBe(false);
      expect(lease_window.covers(checked_at, monotonic())).toBe(false);
      expect(lease_window.covers(monotonic(), monotonic())).toBe(true);
    } finally {
      await node.close();
      await opened.close();
    }
  },
);
