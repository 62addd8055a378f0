import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { LEASE_MS } from '../../../packages/server/src/core/lease.ts';
import { startMigratedPostgres, type MigratedServer } from '../../support/postgres-database.ts';
import { addPending } from '../../support/postgres-pending.ts';
import { postgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';
import { quantile } from '../../support/quantile.ts';
import { openPostgresStore } from '../../support/test-store.ts';
import { VIRTUAL_START as NOW } from '../../support/virtual-clock.ts';

/** `pnpm experiment claims-postgres` runs the full form. */
const MANY = Number(process.env['CLAIM_PENDING'] ?? 50_000);
const FEW = 1_000;
const CLAIMED = 500;
const ROUNDS = 15;

/** A database with due deliveries, spread evenly over hooks, that can be claimed again and again. */
const withPending = async (server: MigratedServer, pending: number, hooks: number) => {
  const database = await server.createDatabase();
  const opened = openPostgresStore(database.url);
  const { arrange, store } = opened;
  const workspace_id = await arrange.addWorkspace();
  const hook_ids = await arrange.addHooks(workspace_id, hooks);
  await addPending(opened, { count: pending, hook_ids, due_at: NOW });
  const wants = hook_ids.map((hook_id) => ({ workspace_id, hook_id, limit: CLAIMED / hooks }));
  return {
    claim: async (): Promise<number> => {
      const before = performance.now();
      const leased = await store.claim({ now: NOW, lease_until: NOW + LEASE_MS, wants });
      const took = performance.now() - before;
      expect(leased).toHaveLength(CLAIMED);
      await sql`update bellwire_deliveries
        set status = 'pending', next_attempt_at = created_at, lease_until = null, leased_by = null
        where status = 'sending'`.execute(opened.database.db);
      return took;
    },
    [Symbol.asyncDispose]: async () => {
      await opened[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
};

// A busy machine can disturb a measurement of time, which is then repeated.
it.skipIf('missing' in postgres).each([1, 50, 500])(
  `claiming ${CLAIMED} due deliveries of %i hooks costs the same with ${FEW} and ${MANY} pending ones, within 1.5 times${skipReason(postgres)}`,
  { retry: 3, timeout: 30_000 + MANY },
  async (hooks) => {
    await using server = await startMigratedPostgres();
    await using few = await withPending(server, FEW, hooks);
    await using many = await withPending(server, MANY, hooks);
    const took: { few: number[]; many: number[] } = { few: [], many: [] };
    // In turn, so that other work on the machine slows both.
    for (let round = 0; round < ROUNDS; round += 1) {
      took.few.push(await few.claim());
      took.many.push(await many.claim());
    }
    const [low, high] = [quantile(took.few, 0.5), quantile(took.many, 0.5)];
    console.log(
      `${CLAIMED} of ${hooks} hooks: ${low.toFixed(1)} ms with ${FEW} pending, ${high.toFixed(1)} ms with ${MANY}`,
    );
    expect(high / low).toBeLessThan(1.5);
  },
);
