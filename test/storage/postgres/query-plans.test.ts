import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { startMigratedPostgres } from '../../support/postgres-database.ts';
import { postgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';
import { openPostgresStore } from '../../support/test-store.ts';
import { createKit, ERROR, hookIdsOf, LEASE_MS, NOW, OK } from '../conformance/kit.ts';

const DELIVERIES = /\bbellwire_deliveries/;

type Query = (text: unknown, values?: readonly unknown[]) => Promise<{ readonly rows: readonly object[] }>;

interface Planned {
  readonly text: string;
  readonly plan: string;
}

/** A store that records the plan of each of its statements about deliveries, with the settings of its transaction. */
const openPlanned = (url: string) => {
  const opened = openPostgresStore(url);
  let planned: Planned[] = [];
  opened.database.pool.on('connect', (client) => {
    const query = client.query.bind(client) as Query;
    const explained: Query = async (statement, values) => {
      const { text, values: own } = (typeof statement === 'string' ? { text: statement } : statement) as {
        readonly text: string;
        readonly values?: readonly unknown[];
      };
      if (DELIVERIES.test(text)) {
        const { rows } = await query(`explain (costs off) ${text}`, own ?? values);
        planned.push({ text, plan: rows.flatMap((row) => Object.values(row)).join('\n') });
      }
      return query(statement, values);
    };
    client.query = explained as typeof client.query;
  });
  return {
    ...opened,
    /** The plans of the statements that `work` runs. */
    plans: async (work: () => Promise<unknown>): Promise<readonly Planned[]> => {
      planned = [];
      await work();
      return planned;
    },
  };
};

/** Steps that read more than the wanted rows. */
const READS_ALL =
  /Seq Scan on bellwire_deliveries|Bitmap Heap Scan on bellwire_deliveries|Hash Join|Merge Join/;

test.skipIf('missing' in postgres).each(['never', 'while it was empty'])(
  `deliveries are found by their keys in a table that was analyzed %s and has many rows since${skipReason(postgres)}`,
  { timeout: 60_000 },
  async (analyzed) => {
    await using server = await startMigratedPostgres({ settings: { autovacuum: 'off' } });
    await using database = await server.createDatabase();
    await using opened = openPlanned(database.url);
    const { db } = opened.database;
    if (analyzed !== 'never') await sql`analyze`.execute(db);
    const kit = createKit(opened);
    const pair = await kit.pair();
    const shared = await kit.arrange.addHook(pair.workspace_id, { tenant: '*' });
    for (const to of [
      pair.hook_id,
      { hook_id: shared, tenant: 'cus_1' },
      { hook_id: shared, tenant: 'cus_2' },
    ])
      await kit.arrange.addBacklog(to, 2_000, NOW - 60_000);

    const plans = await opened.plans(async () => {
      const first = await kit.leaseFor(pair);
      const second = await kit.leaseFor(pair);
      await kit.store.extendLeases({ now: NOW, lease_until: NOW + LEASE_MS, leases: [first, second] });
      await kit.end(first, OK);
      await kit.end(second, ERROR);
      const wants = [pair.hook_id, shared].map((hook_id) => ({ ...pair, hook_id, limit: 20 }));
      const leased = await kit.claim(wants);
      expect(new Set(hookIdsOf(leased))).toEqual(new Set([pair.hook_id, shared]));
      await kit.store.dueHooks({ now: NOW, after: null, limit: 100 });
      await kit.store.releaseLeases({ now: NOW, of: 'expired', held: () => new Set() });
      await kit.store.stopDeliveries({ now: NOW, limit: 10 });
    });
    expect(plans.length).toBeGreaterThan(10);
    expect(plans.filter(({ plan }) => READS_ALL.test(plan))).toEqual([]);
    const claims = plans.filter(({ text }) => text.includes('skip locked'));
    expect(claims.length).toBeGreaterThan(3);
    // Rows are read in the order of their index until there are enough.
    expect(claims.filter(({ plan }) => plan.includes('Sort'))).toEqual([]);
  },
);
