import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { pinHorizon, startMigratedPostgres } from '../../support/postgres-database.ts';
import { addPending } from '../../support/postgres-pending.ts';
import { postgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';
import { openPostgresStore } from '../../support/test-store.ts';
import { createKit, ERROR, NOW } from '../conformance/kit.ts';

const DUE = 3_000;
const CLAIMED = 50;
const LATE_MS = 60_000;

/** Index entries of deliveries that were read since the start, whether or not their rows are visible. */
const entriesRead = async ({ database: { pool } }: ReturnType<typeof openPostgresStore>): Promise<number> => {
  // The last connection that was used is the first that is taken.
  await pool.query('select pg_stat_force_next_flush()');
  const { rows } = await pool.query<{ readonly entries: number }>(
    `select sum(idx_tup_read)::bigint as entries from pg_stat_user_indexes where relname like 'bellwire_deliveries%'`,
  );
  return rows[0]!.entries;
};

test.skipIf('missing' in postgres)(
  `while a transaction holds back vacuum, a claim and a walk over the hooks do not read what was claimed before${skipReason(postgres)}`,
  { timeout: 60_000 },
  async () => {
    await using server = await startMigratedPostgres();
    await using database = await server.createDatabase();
    await using opened = openPostgresStore(database.url);
    const kit = createKit(opened);
    const { db } = opened.database;
    const first = await kit.pair();
    const hook_ids = [first.hook_id, await kit.arrange.addHook(first.workspace_id)];
    await addPending(opened, { count: 2 * DUE, hook_ids, due_at: NOW - LATE_MS });
    // Retries: none of them is claimed as one of the newest.
    await sql`update bellwire_deliveries set failures = 1`.execute(db);
    await sql`vacuum analyze bellwire_deliveries`.execute(db);
    await using _pinned = await pinHorizon(database.url);
    const read = { claim: [] as number[], walk: [] as number[] };
    const count = async (name: keyof typeof read, work: () => Promise<void>): Promise<void> => {
      const before = await entriesRead(opened);
      await work();
      read[name].push((await entriesRead(opened)) - before);
    };
    // The first hook has deliveries left, and the last ones of the second one are claimed.
    for (let claimed = 0; claimed < DUE; claimed += CLAIMED) {
      const limits = [Math.floor(CLAIMED / 2), CLAIMED];
      const wants = hook_ids.map((hook_id, nth) => ({ ...first, hook_id, limit: limits[nth]! }));
      await count('claim', async () => {
        expect(await kit.claim(wants)).toHaveLength(limits[0]! + limits[1]!);
      });
      await count('walk', async () => {
        const is_last = claimed + CLAIMED === DUE;
        expect(await kit.due(NOW)).toHaveLength(is_last ? 1 : 2);
      });
    }
    const shown = (name: keyof typeof read) => `${read[name][1]} at first, ${read[name].at(-1)} at the end`;
    console.log(`index entries: a claim ${shown('claim')}; a walk ${shown('walk')}`);
    expect(Math.max(...read.claim)).toBeGreaterThanOrEqual(CLAIMED);
    expect(Math.max(...read.claim.slice(1))).toBeLessThan(10 * CLAIMED);
    expect(Math.max(...read.walk)).toBeGreaterThan(0);
    expect(Math.max(...read.walk)).toBeLessThan(20);
  },
);

test.skipIf('missing' in postgres)(
  `a delivery that becomes due in the past is claimed: at once on its own node, within 30 seconds on another${skipReason(postgres)}`,
  { timeout: 60_000 },
  async () => {
    await using server = await startMigratedPostgres();
    await using database = await server.createDatabase();
    await using opened = openPostgresStore(database.url);
    const kit = createKit(opened);
    const pair = await kit.pair();
    const wants = [{ ...pair, limit: 8 }];
    const dueAt = (now: number) => kit.pendingFor(pair, [now]);
    const claimedAt = async (now: number) => (await kit.claim(wants, now)).map(({ delivery }) => delivery.id);
    const [manual = ''] = await dueAt(NOW);
    const later = await dueAt(NOW + LATE_MS);
    // It has long been due when its manual attempt begins, during which the others are claimed.
    const leased = await kit.store.claimManually({
      now: NOW + LATE_MS,
      lease_until: NOW + 2 * LATE_MS,
      workspace_id: pair.workspace_id,
      delivery_id: manual,
    });
    if (leased.kind !== 'leased') throw new Error(leased.kind);
    expect(await claimedAt(NOW + LATE_MS)).toEqual(later);
    await kit.settle(kit.attempted(leased.leased, ERROR), NOW + LATE_MS);
    expect((await kit.row(leased.leased)).next_attempt_at).toBe(NOW);
    expect(await claimedAt(NOW + LATE_MS)).toEqual([manual]);

    // As another node would, which this one does not hear of.
    const [late = ''] = await dueAt(NOW + LATE_MS);
    await kit.arrange.changeDelivery(late, { next_attempt_at: NOW });
    expect(await claimedAt(NOW + LATE_MS)).toEqual([]);
    expect(await claimedAt(NOW + LATE_MS + 30_000)).toEqual([late]);
  },
);
