import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { systemClock } from '../../../packages/server/src/clock.ts';
import { openPostgres } from '../../../packages/server/src/storage/postgres/database.ts';
import { OpenVacuum } from '../../../packages/server/src/storage/postgres/open-vacuum.ts';
import { startMigratedPostgres } from '../../support/postgres-database.ts';
import { addPending } from '../../support/postgres-pending.ts';
import { postgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';
import { openPostgresStore } from '../../support/test-store.ts';

const ROWS = 12_000;

/** Looks at the table a hundred times a second. */
const clock: typeof systemClock = {
  ...systemClock,
  after: (ms, run, options) => systemClock.after(ms / 100, run, options),
};

test.skipIf('missing' in postgres)(
  `the leader vacuums open deliveries although autovacuum does not, and only with the role that owns the table${skipReason(postgres)}`,
  async () => {
    await using server = await startMigratedPostgres({ settings: { autovacuum: 'off' } });
    await using database = await server.createDatabase();
    await using opened = openPostgresStore(database.url);
    const { db } = opened.database;
    const workspace_id = await opened.arrange.addWorkspace();
    const hook_id = await opened.arrange.addHook(workspace_id);
    await addPending(opened, { count: ROWS, hook_ids: [hook_id], due_at: Date.now() });
    await sql`update bellwire_deliveries_open set updated_at = updated_at + 1`.execute(db);
    const rows = async (of: 'dead_tuples' | 'vacuum_count') => {
      const count = sql.raw(`pg_stat_get_${of}('bellwire_deliveries_open'::regclass)::int`);
      return (await sql<{ n: number }>`select ${count} as n`.execute(db)).rows[0]?.n;
    };
    await expect.poll(() => rows('dead_tuples'), { timeout: 5_000 }).toBeGreaterThanOrEqual(ROWS);
    const vacuums = await rows('vacuum_count');

    await sql`create role app login`.execute(db);
    await sql`grant select on all tables in schema public to app`.execute(db);
    const url = new URL(database.url);
    url.username = 'app';
    const as_app = openPostgres(url.href);
    let is_leader = false;
    let looks = 0;
    const cluster = {
      isLeader: () => {
        looks += 1;
        return is_leader;
      },
    };
    const foreign = new OpenVacuum({ db: as_app.db, cluster: { isLeader: () => true }, clock });
    const vacuum = new OpenVacuum({ db, cluster, clock });
    foreign.open();
    vacuum.open();
    try {
      await expect.poll(() => looks).toBeGreaterThan(10);
      expect(await rows('vacuum_count')).toBe(vacuums);
      is_leader = true;
      await expect.poll(() => rows('dead_tuples'), { timeout: 5_000 }).toBeLessThan(ROWS / 10);
      expect(await rows('vacuum_count')).toBe((vacuums ?? 0) + 1);
    } finally {
      await vacuum.close();
      await foreign.close();
      await as_app.close();
    }
  },
);
