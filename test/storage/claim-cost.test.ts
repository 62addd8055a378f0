import { expect, it } from 'vitest';
import { LEASE_MS } from '../../packages/server/src/core/lease.ts';
import { openTestStoreInFile } from '../support/test-store.ts';
import { quantile } from '../support/quantile.ts';
import { VIRTUAL_START as NOW } from '../support/virtual-clock.ts';

// The full form is `pnpm experiment claims`.
const MANY = Number(process.env['CLAIM_PENDING'] ?? 40_000);
const FEW = 1_000;
const CLAIMED = 500;
const ROUNDS = 15;

/** A store in a file with due deliveries, spread evenly over hooks, that can be claimed again and again. */
const withPending = async (pending: number, hooks: number) => {
  const opened = await openTestStoreInFile();
  const { arrange, store } = opened;
  const { raw } = opened.database;
  const workspace_id = await arrange.addWorkspace();
  const hook_ids = await arrange.addHooks(workspace_id, hooks);
  for (const hook_id of hook_ids) await arrange.addBacklog(hook_id, 1, NOW);
  const own: Readonly<Record<string, string>> = {
    id: `printf('dlv_%026d', n * ${hooks} + row_number() over (partition by n))`,
    next_attempt_at: `${NOW} - ${pending} + n`,
    created_at: `${NOW} - ${pending} + n`,
  };
  const columns = raw
    .prepare<[], { name: string }>("select name from pragma_table_info('bellwire_deliveries')")
    .all()
    .map(({ name }) => name);
  raw.exec(`
    create temp table first as select * from bellwire_deliveries;
    delete from bellwire_deliveries;
    with recursive counted(n) as (select 1 union all select n + 1 from counted where n < ${pending / hooks})
    insert into bellwire_deliveries (${columns.join()})
    select ${columns.map((name) => own[name] ?? `first.${name}`).join()} from counted, first;
  `);
  const wants = hook_ids.map((hook_id) => ({ workspace_id, hook_id, limit: CLAIMED / hooks }));
  const giveBack = raw.prepare(`update bellwire_deliveries
    set status = 'pending', next_attempt_at = created_at, lease_until = null, leased_by = null
    where status = 'sending'`);
  return {
    claim: async (): Promise<number> => {
      const before = performance.now();
      const leased = await store.claim({ now: NOW, lease_until: NOW + LEASE_MS, wants });
      const took = performance.now() - before;
      expect(leased).toHaveLength(CLAIMED);
      giveBack.run();
      raw.pragma('wal_checkpoint(truncate)');
      return took;
    },
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
};

// A busy machine can disturb a measurement of time, which is then repeated.
it.each([1, 50, 500])(
  `claiming ${CLAIMED} due deliveries of %i hooks costs the same with ${FEW} and ${MANY} pending ones, within 1.5 times`,
  { retry: 3, timeout: 30_000 + MANY },
  async (hooks) => {
    await using few = await withPending(FEW, hooks);
    await using many = await withPending(MANY, hooks);
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
