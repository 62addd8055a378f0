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

/** A database whose table of open deliveries has as many dead rows as live ones. */
const startWithDeadRows = async () => {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startMigratedPostgres({ settings: { autovacuum: 'off' } }));
  const database = stack.use(await server.createDatabase());
  const opened = stack.use(openPostgresStore(database.url));
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
  const owned = stack.move();
  return { db, url: database.url, rows, [Symbol.asyncDispose]: () => owned.disposeAsync() };
};

test.skipIf('missing' in postgres)(
  `the leader vacuums open deliveries although autovacuum does not, and only with the role that owns the table${skipReason(postgres)}`,
  async () => {
    await using database = await startWithDeadRows();
    const { db, rows } = database;
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

test.skipIf('missing' in postgres)(
  `a node that stops cancels the vacuum that it runs, and no other statement${skipReason(postgres)}`,
  async () => {
    await using database = await startWithDeadRows();
    const { db, rows } = database;
    // A vacuum sleeps a tenth of a second for each page.
    await sql`alter system set vacuum_cost_delay = 100`.execute(db);
    await sql`alter system set vacuum_cost_limit = 1`.execute(db);
    await sql`select pg_reload_conf()`.execute(db);
    const vacuums = async () => {
      const { rows: running } = await sql<{ n: number }>`
        select count(*)::int as n from pg_stat_progress_vacuum`.execute(db);
      return running[0]?.n;
    };
    const vacuum = new OpenVacuum({ db, cluster: { isLeader: () => true }, clock });
    vacuum.open();
    await expect.poll(vacuums, { timeout: 5_000 }).toBe(1);
    const other = sql<{ n: number }>`select 1 as n from pg_sleep(1)`.execute(db);
    const began_at = performance.now();
    await vacuum.close();
    expect(performance.now() - began_at).toBeLessThan(1_000);
    expect(await vacuums()).toBe(0);
    expect(await rows('dead_tuples')).toBeGreaterThanOrEqual(ROWS);
    expect((await other).rows).toEqual([{ n: 1 }]);
  },
);
