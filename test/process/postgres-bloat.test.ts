import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { systemClock } from '../../packages/server/src/clock.ts';
import { ALONE } from '../../packages/server/src/core/cluster.ts';
import {
  OpenVacuum,
  type OpenVacuumOptions,
} from '../../packages/server/src/storage/postgres/open-vacuum.ts';
import { FAST_MIX, mixedReceivers, startFullLoad } from '../support/mixed-load.ts';
import { countOpen, liveBytes, watchBloat } from '../support/postgres-bloat.ts';
import { startMigratedPostgres } from '../support/postgres-database.ts';
import { addPending } from '../support/postgres-pending.ts';
import { ownPostgres } from '../support/postgres-server.ts';
import { skipReason } from '../support/programs.ts';
import { quantilesOf, startTimedNode } from '../support/timed-node.ts';

/** `pnpm experiment P7` runs the full form. */
const DELIVERIES = Number(process.env['BLOAT_DELIVERIES'] ?? 50_000);
/** Deliveries that wait for a day, as after a failure. */
const WAITING = 20_000;
const DAY_MS = 86_400_000;
const DEAD_MAX = 50_000;
const openVacuum = (db: OpenVacuumOptions['db']) => {
  const vacuum = new OpenVacuum({ db, cluster: ALONE, clock: systemClock });
  vacuum.open();
  return { [Symbol.asyncDispose]: () => vacuum.close() };
};
const reason = skipReason(ownPostgres);

test.skipIf('missing' in ownPostgres)(
  `${DELIVERIES} deliveries leave few dead rows of open deliveries, and a table of little more than the live ones${reason}`,
  { timeout: 120_000 + DELIVERIES * 3 },
  async () => {
    await using server = await startMigratedPostgres({ settings: { shared_buffers: '256MB' } });
    await using database = await server.createDatabase();
    await using node = await startTimedNode({ database_url: database.url, ...mixedReceivers(FAST_MIX) });
    const { db, pool } = node.database;
    await using _vacuum = openVacuum(db);
    const hook_ids = node.hook_ids.slice(0, 10);
    await addPending(node, { count: WAITING, hook_ids, due_at: Date.now() + DAY_MS });
    const began_at = performance.now();
    let bloat;
    {
      await using watched = watchBloat(pool);
      bloat = watched;
      await using load = startFullLoad(node, FAST_MIX);
      for (let printed = 0; load.counts.accepted < DELIVERIES;) {
        await delay(100);
        if (load.counts.accepted < printed) continue;
        printed += DELIVERIES / 10;
        const last = watched.samples.at(-1);
        const open = await countOpen(pool);
        console.log(`${load.counts.accepted} accepted, ${open} open: ${JSON.stringify(last)}`);
      }
    }
    const seconds = (performance.now() - began_at) / 1_000;
    const dead = Math.max(...bloat.samples.map((sample) => sample.dead));
    const last = bloat.samples.at(-1)!;
    const live = await liveBytes(pool);
    const claims = node.took('claim_statement', { from: began_at, to: Infinity });
    console.log(
      `P7: ${DELIVERIES} deliveries in ${seconds.toFixed(0)} s, at most ${dead} dead rows, ${(last.bytes / live).toFixed(1)} times the live size of ${(live / 1e6).toFixed(1)} MB, ${last.vacuums} vacuums, claims ${quantilesOf(claims)} ms`,
    );
    expect(last.vacuums).toBeGreaterThan(0);
    // Each delivery leaves almost one, so a short form without vacuum would exceed this too.
    expect(dead).toBeLessThanOrEqual(Math.min(DEAD_MAX, DELIVERIES * 0.6));
    expect(last.bytes).toBeLessThanOrEqual(5 * live);
  },
);
