import { expect } from 'vitest';
import { type StatsCounter, statsCounters } from '../../../packages/server/src/core/attempt-stats.ts';
import type { Outcome } from '../../../packages/server/src/core/outcome.ts';
import { HOUR_MS, MINUTE_MS } from '../../../packages/server/src/core/stats-range.ts';
import type { LeasedDelivery, NewEvent } from '../../../packages/server/src/ports/store.ts';
import { type Check, DAY_MS, ERROR, type Kit, NOW, OK, ONE_ATTEMPT, type Pair } from './kit.ts';

const timed = (kit: Kit, leased: LeasedDelivery, [outcome, total_ms]: readonly [Outcome, number]) => {
  const attempted = kit.attempted(leased, outcome, ONE_ATTEMPT);
  const timings = { dns_ms: 0, connect_ms: 0, tls_ms: 0, first_byte_ms: 0, total_ms };
  return { ...attempted, attempt: { ...attempted.attempt, timings } };
};

/** The stored rows, with the counters that are not 0. */
const rowsOf = async ({ database: { db } }: Kit) => {
  const rows = await db.selectFrom('bellwire_stats').selectAll().orderBy('width').orderBy('start').execute();
  return rows.map(({ width, start, kind, subject, ...counts }) => ({
    width,
    start,
    subject: kind === 'workspace' ? kind : subject,
    ...Object.fromEntries(
      statsCounters.map((counter) => [counter, counts[counter]]).filter(([, count]) => count !== 0),
    ),
  }));
};

/** The sum of a counter over all rows of a hook. */
const sumOf = async ({ database: { db } }: Kit, hook_id: string, counter: StatsCounter): Promise<number> => {
  const rows = await db.selectFrom('bellwire_stats').select(counter).where('subject', '=', hook_id).execute();
  return rows.reduce((sum, row) => sum + row[counter], 0);
};

const end = async (kit: Kit, pair: Pair, { now, ...event }: Partial<NewEvent> & { readonly now: number }) =>
  kit.settle(timed(kit, await kit.leaseFor(pair, event), [OK, 1]), now);

const minuteOf = (time: number) => Math.floor(time / MINUTE_MS) * MINUTE_MS;

const counting = (check: Check): void => {
  check(
    'a commit counts its attempts for the hook, the tenant and the workspace, by outcome',
    async (kit) => {
      const pair = await kit.pair({ tenant: '*' });
      const tenant = 'cus_1';
      const leases = [];
      for (let n = 0; n < 3; n += 1) leases.push(await kit.leaseFor(pair, { tenant }));
      const [one, two, three] = leases;
      const settlements = [
        timed(kit, one!, [OK, 5]),
        timed(kit, two!, [OK, 100]),
        timed(kit, three!, [ERROR, 100]),
      ];
      await kit.commit({ settlements, now: NOW + 61_000 });
      const counts = { succeeded: 2, http_status: 1, latency_0: 1, latency_7: 2 };
      const row = { width: MINUTE_MS, start: minuteOf(NOW + 61_000), ...counts };
      expect(await rowsOf(kit)).toEqual(
        [pair.hook_id, tenant, 'workspace'].map((subject) => expect.objectContaining({ ...row, subject })),
      );
      await end(kit, pair, { now: NOW + 61_000 });
      expect(await sumOf(kit, tenant, 'succeeded')).toBe(2);
      expect(await sumOf(kit, pair.workspace_id, 'succeeded')).toBe(3);
      expect(await rowsOf(kit)).toHaveLength(3);
    },
  );

  check('only recorded attempts count: not stale, returned or unrenderable ones', async (kit) => {
    const pair = await kit.pair();
    const first = await kit.leaseFor(pair);
    await kit.end(first, OK);
    await kit.end(first, OK);
    const { delivery, lease_token } = await kit.leaseFor(pair);
    await kit.settle({ kind: 'unrenderable', delivery, lease_token });
    await kit.settle(kit.returned(await kit.leaseFor(pair)));
    expect(await rowsOf(kit)).toMatchObject([{ succeeded: 1 }, { succeeded: 1 }]);
  });

  check('attempts that a call requested, and our own faults, are counted apart', async (kit) => {
    const pair = await kit.pair();
    await end(kit, pair, { now: NOW, trigger: 'test' });
    const failed = await kit.leaseFor(pair);
    await kit.settle(timed(kit, failed, [ERROR, 1]));
    await kit.settle(timed(kit, await kit.manual(failed), [OK, 1]));
    await kit.leaseFor(pair);
    expect(await kit.release()).toBe(1);
    const row = { http_status: 1, latency_0: 1, on_demand_succeeded: 2, interrupted: 1, server_faults: 1 };
    const [hook, workspace] = await rowsOf(kit);
    const at = { width: MINUTE_MS, start: minuteOf(NOW) };
    expect(hook).toEqual({ ...at, subject: pair.hook_id, ...row });
    expect(workspace).toEqual({ ...at, subject: 'workspace', ...row });
  });

  check('nodes that commit in the same minute add to the same rows', async (kit) => {
    const pair = await kit.pair();
    const other = kit.successor();
    for (const store of [kit.store, other, kit.store]) {
      const settlements = [timed(kit, await kit.leaseFor(pair), [OK, 1])];
      const batch = { now: NOW, lease_until: NOW, events: [], saturated_hooks: new Set<string>() };
      await store.commitBatch({ ...batch, settlements, max_deliveries: 1 });
    }
    expect(await rowsOf(kit)).toMatchObject([{ succeeded: 3 }, { succeeded: 3 }]);
  });

  check('an attempt that the database refuses is not counted; its neighbours are', async (kit) => {
    const pair = await kit.pair();
    const [good, bad] = [await kit.leaseFor(pair), await kit.leaseFor(pair)];
    const refused = timed(kit, bad, [OK, 1]);
    const broken = { ...refused, attempt: { ...refused.attempt, id: null as unknown as string } };
    const { settled } = await kit.commit({ settlements: [broken, timed(kit, good, [OK, 1])] });
    expect(settled.map(({ kind }) => kind)).toEqual(['rejected', 'settled']);
    expect(await rowsOf(kit)).toMatchObject([{ succeeded: 1 }, { succeeded: 1 }]);
  });
};

/** Prunes in slices. Returns the rows that each has removed. */
const prune = async (
  kit: Kit,
  now: number,
  { before, limit = 100 }: { before: number | null; limit?: number },
) => {
  const removed: number[] = [];
  do removed.push(await kit.store.pruneStats({ now, before, limit }));
  while (removed.at(-1)! >= limit);
  return removed;
};

const ageing = (check: Check): void => {
  check('minutes of more than 48 hours ago become hours, in slices that change no sum', async (kit) => {
    const pair = await kit.pair();
    const hour = Math.floor(NOW / HOUR_MS) * HOUR_MS;
    for (const minute of [0, 1, 59, 60, 61]) await end(kit, pair, { now: hour + minute * MINUTE_MS });
    const later = hour + HOUR_MS + 48 * HOUR_MS;
    expect(await prune(kit, later - 1, { before: null })).toEqual([0]);
    for (const expected of [2, 2, 2, 0]) {
      expect(await kit.store.pruneStats({ now: later, before: null, limit: 2 })).toBe(expected);
      expect(await sumOf(kit, pair.hook_id, 'succeeded')).toBe(5);
      expect(await sumOf(kit, pair.workspace_id, 'latency_0')).toBe(5);
    }
    expect((await rowsOf(kit)).map(({ width, start }) => [width, (start - hour) / MINUTE_MS])).toEqual([
      ...[60, 60, 61, 61].map((minute) => [MINUTE_MS, minute]),
      ...[0, 0].map((minute) => [HOUR_MS, minute]),
    ]);
    // An attempt that another node records late, by its clock.
    await end(kit, pair, { now: hour });
    await prune(kit, later, { before: null });
    expect((await rowsOf(kit)).filter(({ width }) => width === HOUR_MS)).toMatchObject([
      { succeeded: 4 },
      { succeeded: 4 },
    ]);
  });

  check('counts older than the retention are deleted in slices, minutes and hours', async (kit) => {
    const pair = await kit.pair();
    for (const days of [0, 1, 5, 6]) await end(kit, pair, { now: NOW + days * DAY_MS });
    const now = NOW + 6 * DAY_MS;
    await prune(kit, now, { before: null });
    expect(await prune(kit, now, { before: NOW + 2 * DAY_MS, limit: 3 })).toEqual([3, 1]);
    expect(await prune(kit, now, { before: now, limit: 3 })).toEqual([2]);
    expect(await rowsOf(kit)).toMatchObject([{ start: minuteOf(now) }, { start: minuteOf(now) }]);
  });
};

/** The counts of attempts, written with them. */
export const statistics = (check: Check): void => {
  counting(check);
  ageing(check);
};
