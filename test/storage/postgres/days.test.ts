import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY_TABLES } from '../../../packages/server/src/storage/postgres/day-tables.ts';
import { dayAt } from '../../../packages/server/src/storage/postgres/days.ts';
import { type MigratedServer, startMigratedPostgres } from '../../support/postgres-database.ts';
import { postgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';
import { openPostgresStore } from '../../support/test-store.ts';
import { createKit, DAY_MS, ERROR, NOW, OK, ONE_ATTEMPT } from '../conformance/kit.ts';

/** More events than a day may have to be pruned one by one. */
const MANY = 100_001;

/** A body that is stored once per event. */
const LARGE_BODY = 'a'.repeat(20_000);

let server: MigratedServer;

/** A store with a clock. */
const openKit = async () => {
  const database = await server.createDatabase();
  const clock = { now: NOW };
  const opened = openPostgresStore(database.url, { now: () => clock.now });
  const { db } = opened.database;
  const kit = createKit(opened);
  return {
    ...kit,
    db,
    clock,
    /** A store that has no day in memory, as after a restart. */
    again: () => openPostgresStore(database.url, { now: () => clock.now }),
    /** The days that have a partition of a table. */
    days: async (table: string): Promise<readonly string[]> => {
      const { rows } = await sql<{ name: string }>`
        select right(relname, 8) as name from pg_inherits join pg_class on oid = inhrelid
        where inhparent = ${table}::regclass order by name`.execute(db);
      return rows.map(({ name }) => name);
    },
    /** Adds finished events without deliveries to a day, and analyzes its table as the server does after a while. */
    addMany: async (workspace_id: string, time: number) => {
      const { evt, name } = dayAt(time);
      await sql`
        insert into bellwire_events (workspace_id, id, type, deliveries, filtered, addressed, occurred_at, created_at, data)
        select ${workspace_id}, ${evt.from.slice(0, -8)} || lpad(n::text, 8, '0'), 'order.created', 0, 0, 0, ${time}, ${time}, '{}'
        from generate_series(1, ${MANY}) as n`.execute(db);
      await sql`analyze ${sql.table(`bellwire_events_${name}`)}`.execute(db);
    },
    /** Prunes until there is nothing more to do. Returns the number of deleted rows. */
    pruneAll: async (before: number): Promise<number> => {
      let rows = 0;
      for (let more = true; more;) {
        const { deleted, has_more } = await opened.store.prune({ now: clock.now, before, limit: 1_000 });
        rows += deleted;
        more = has_more;
      }
      return rows;
    },
    [Symbol.asyncDispose]: async () => {
      await opened[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
};

const DAY = '20260105';

describe.skipIf('missing' in postgres)(`partitions of days${skipReason(postgres)}`, () => {
  beforeAll(async () => {
    server = await startMigratedPostgres();
  });

  afterAll(() => server[Symbol.asyncDispose]());

  test('an event of a day without partitions is stored, and so is everything that follows from it', async () => {
    await using kit = await openKit();
    const pair = await kit.pair();
    for (const ahead of [40, 400]) {
      kit.clock.now = NOW + ahead * DAY_MS;
      const metadata = { order_id: '1' };
      const leased = await kit.leaseFor(pair, { metadata, idempotency_key: `k${ahead}`, fingerprint: 'a' });
      await kit.end(leased, OK);
      expect(await kit.row(leased)).toMatchObject({ status: 'succeeded' });
      expect(await kit.arrange.attempts(leased.delivery.id)).toHaveLength(1);
      const { name } = dayAt(kit.clock.now);
      for (const table of DAY_TABLES) expect(await kit.days(table.name)).toContain(name);
    }
  });

  test('a delivery is in the small table of open ones until it ends, and again while it is sent manually', async () => {
    await using kit = await openKit();
    const pair = await kit.pair();
    const leased = await kit.leaseFor(pair);
    const open = async () => {
      const { rows } = await sql<{
        open: number;
      }>`select count(*) as open from bellwire_deliveries_open`.execute(kit.db);
      return rows[0]?.open;
    };
    const counts = [await open()];
    await kit.end(leased, ERROR, ONE_ATTEMPT);
    counts.push(await open());
    const manual = await kit.manual(leased);
    counts.push(await open());
    await kit.end(manual, OK);
    counts.push(await open());
    expect(counts).toEqual([1, 0, 1, 0]);
    expect(await kit.row(leased)).toMatchObject({ status: 'succeeded' });
  });

  test('a change that meets a delivery on its way to another partition is applied after it', async () => {
    await using kit = await openKit();
    const { workspace_id, hook_id } = await kit.pair();
    const [id = ''] = await kit.pendingFor({ workspace_id, hook_id }, [NOW]);
    const { pool } = kit.database;
    const other = await pool.connect();
    try {
      await other.query('begin');
      await other.query(`update bellwire_deliveries set status = 'failed' where id = $1`, [id]);
      const removed = kit.repositories.hooks.remove(workspace_id, hook_id, NOW);
      const isWaiting = async (): Promise<boolean> => {
        const { rows } = await pool.query(
          `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        );
        return rows.length > 0;
      };
      while (!(await isWaiting()));
      await other.query('commit');
      expect(await removed).toBe(true);
    } finally {
      other.release();
    }
    expect(await kit.arrange.delivery(id)).toMatchObject({ status: 'failed' });
  });

  test('sending waits for no lock on the partitions of another day', async () => {
    await using kit = await openKit();
    const pair = await kit.pair();
    const other = dayAt(NOW + 3 * DAY_MS).name;
    const blocker = await kit.database.pool.connect();
    try {
      await blocker.query('begin');
      for (const { name } of DAY_TABLES)
        await blocker.query(`lock table ${name}_${other} in access exclusive mode`);
      // Often enough for plans that do not depend on the values.
      for (let count = 0; count < 20; count += 1) {
        const use = { idempotency_key: `k${count}`, fingerprint: 'a', metadata: { order_id: String(count) } };
        const leased = await kit.leaseFor(pair, use);
        const attempted = kit.attempted(leased, count % 2 === 0 ? OK : ERROR);
        const request = { method: 'POST', url: 'https://example.com/', headers: {}, body: LARGE_BODY };
        await kit.settle({ ...attempted, attempt: { ...attempted.attempt, request } });
        expect(await kit.accept(kit.event(pair.workspace_id, use))).toMatchObject({ kind: 'repeated' });
        await kit.store.extendLeases({ now: NOW, lease_until: NOW + 1, leases: [leased] });
      }
      const claimed = await kit.claim([{ ...pair, limit: 5 }], NOW + DAY_MS);
      expect(await kit.store.events(claimed.map(({ delivery }) => delivery))).toHaveProperty('size', 5);
      await kit.release(NOW + 2 * DAY_MS);
    } finally {
      await blocker.query('rollback');
      blocker.release();
    }
  });

  test('a row is counted once as deleted, although the last analysis of its day still has it', async () => {
    await using kit = await openKit();
    const leased = await kit.leaseFor(await kit.pair());
    await kit.end(leased, OK);
    await sql`analyze`.execute(kit.db);
    kit.clock.now = NOW + 3 * DAY_MS;
    const counts = [await kit.pruneAll(kit.clock.now - DAY_MS), await kit.pruneAll(kit.clock.now - DAY_MS)];
    // The event, its delivery and the attempt; then their day.
    expect(counts).toEqual([3, 0]);
    expect(await kit.days('bellwire_events')).not.toContain(DAY);
  });

  test('a large day is kept until all of it is old enough, and then dropped with all that belongs to it', async () => {
    await using kit = await openKit();
    const pair = await kit.pair();
    const use = { idempotency_key: 'k', fingerprint: 'a' };
    const old = await kit.leaseFor(pair, { ...use, metadata: { order_id: '1' } });
    await kit.end(old, ERROR, ONE_ATTEMPT);
    await kit.addMany(pair.workspace_id, NOW);
    kit.clock.now = NOW + DAY_MS;
    const young = await kit.leaseFor(pair, { created_at: kit.clock.now });
    await kit.end(young, OK);
    await kit.pruneAll(NOW + DAY_MS - 1);
    expect(await kit.days('bellwire_events')).toContain(DAY);
    expect(await kit.arrange.delivery(old.delivery.id)).toMatchObject({ status: 'failed' });

    await using later = kit.again();
    for (let more = true; more;) {
      const before = NOW + DAY_MS;
      more = (await later.store.prune({ now: kit.clock.now, before, limit: 1_000 })).has_more;
    }
    for (const { name } of DAY_TABLES) expect(await kit.days(name)).not.toContain(DAY);
    expect((await kit.arrange.events()).map(({ id }) => id)).toEqual([young.delivery.event_id]);
    expect((await kit.arrange.deliveries()).map(({ id }) => id)).toEqual([young.delivery.id]);
    expect(await kit.arrange.attempts()).toHaveLength(1);
    expect(await kit.arrange.eventMetadata()).toEqual([]);
    // The key is free again.
    expect(await kit.stored(kit.event(pair.workspace_id, use))).toMatchObject({ kind: 'accepted' });
  });

  test('a large day waits for deliveries that have not ended, and takes those of later days along', async () => {
    await using kit = await openKit();
    const pair = await kit.pair();
    const open = await kit.leaseFor(pair);
    await kit.addMany(pair.workspace_id, NOW);
    kit.clock.now = NOW + DAY_MS;
    const before = NOW + DAY_MS;
    await kit.pruneAll(before);
    expect(await kit.days('bellwire_events')).toContain(DAY);
    expect(await kit.row(open)).toMatchObject({ status: 'sending' });
    // It ends on the next day, like a delivery of the same event that was added there.
    await kit.end(open, OK);
    const added = kit.ids('dlv');
    await sql`insert into bellwire_deliveries (select (json_populate_record(d, json_build_object('id', ${added}::text))).*
      from bellwire_deliveries d)`.execute(kit.db);
    kit.clock.now += 60_000;
    await kit.pruneAll(before);
    expect(await kit.days('bellwire_events')).not.toContain(DAY);
    expect(await kit.arrange.deliveries()).toEqual([]);
  });

  test('a day with the failed head of an order is dropped, and the order goes on', async () => {
    await using kit = await openKit();
    const pair = await kit.pair({ ordered: 1, order_key: null });
    const head = await kit.leaseFor(pair);
    await kit.end(head, ERROR, ONE_ATTEMPT);
    await kit.addMany(pair.workspace_id, NOW);
    kit.clock.now = NOW + DAY_MS;
    const { leased } = await kit.stored(
      kit.event(pair.workspace_id, { hook_ids: [pair.hook_id], created_at: kit.clock.now }),
    );
    expect(leased).toEqual([]);
    await kit.pruneAll(NOW + DAY_MS);
    expect(await kit.days('bellwire_events')).not.toContain(DAY);
    expect(await kit.claim([{ ...pair, limit: 5 }], kit.clock.now)).toHaveLength(1);
  });

  test('a day that a reader uses is dropped later, and no writer waits for that', async () => {
    await using kit = await openKit();
    const pair = await kit.pair();
    await kit.addMany(pair.workspace_id, NOW);
    kit.clock.now = NOW + DAY_MS;
    const reader = await kit.database.pool.connect();
    try {
      await reader.query('begin');
      await reader.query('select 1 from bellwire_attempts limit 1');
      const began_at = performance.now();
      await kit.pruneAll(NOW + DAY_MS);
      // Writers wait behind the drop: it gives up after 100 ms, not after the lock time-out of 10 s.
      expect(performance.now() - began_at).toBeLessThan(5_000);
      expect(await kit.days('bellwire_events')).toContain(DAY);
      await kit.leaseFor(pair, { created_at: kit.clock.now });
      await reader.query('commit');
    } finally {
      reader.release();
    }
    kit.clock.now += 60_000;
    await kit.pruneAll(NOW + DAY_MS);
    expect(await kit.days('bellwire_events')).not.toContain(DAY);
  });

  test('small days are dropped when nothing is left in them', async () => {
    await using kit = await openKit();
    const pair = await kit.pair();
    await kit.end(await kit.leaseFor(pair), OK);
    kit.clock.now = NOW + 2 * DAY_MS;
    await kit.pruneAll(NOW + 1);
    expect(await kit.days('bellwire_events')).toContain(DAY);
    await kit.pruneAll(NOW + DAY_MS);
    expect(await kit.days('bellwire_events')).not.toContain(DAY);
  });
});
