import { expect, it } from 'vitest';
import { LEASE_MS } from '../../packages/server/src/core/lease.ts';
import { openTestStore, openTestStoreInFile } from '../support/test-store.ts';
import { VIRTUAL_START as NOW } from '../support/virtual-clock.ts';

const MANY = Number(process.env['CLAIM_PENDING'] ?? 50_000);
const FEW = 1_000;
/** The limit of the quotient of the medians. The default allows for tests that run at the same time. */
const MAX_QUOTIENT = Number(process.env['CLAIM_MAX_QUOTIENT'] ?? 3);
const ROUNDS = 29;
const LIMIT = 32;

/** A store in a file, and a hook with due deliveries, each due at another moment. */
const withPending = async (count: number) => {
  const opened = await openTestStoreInFile();
  const { arrange, database } = opened;
  const workspace_id = await arrange.addWorkspace();
  const hook_id = await arrange.addHook(workspace_id);
  await arrange.addBacklog(hook_id, count, NOW - 1);
  database.raw.exec(`update bellwire_deliveries set next_attempt_at = ${NOW} - rowid_order.n
    from (select id as row_id, row_number() over (order by id) as n from bellwire_deliveries) as rowid_order
    where id = rowid_order.row_id`);
  database.raw.pragma('wal_checkpoint(truncate)');
  const claim = async () => {
    const before = performance.now();
    const wants = [{ workspace_id, hook_id, limit: LIMIT }];
    const leased = await opened.store.claim({ now: NOW, lease_until: NOW + LEASE_MS, wants });
    expect(leased).toHaveLength(LIMIT);
    return performance.now() - before;
  };
  return { ...opened, claim };
};

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;

it(`a claim among ${MANY} pending deliveries of a hook costs about as much as among ${FEW}`, async () => {
  await using few = await withPending(FEW);
  await using many = await withPending(MANY);
  const took: { few: number[]; many: number[] } = { few: [], many: [] };
  // In turn, so that other work on the machine slows both.
  for (let round = 0; round < ROUNDS; round += 1) {
    took.few.push(await few.claim());
    took.many.push(await many.claim());
  }
  const [low, high] = [median(took.few), median(took.many)];
  console.log(`claim of ${LIMIT}: ${low.toFixed(2)} ms of ${FEW}, ${high.toFixed(2)} ms of ${MANY} pending`);
  expect(high / low).toBeLessThan(MAX_QUOTIENT);
});

it('a claim finds the longest and the newest due deliveries in an index, without a sort', async () => {
  await using opened = await openTestStore();
  const { raw } = opened.database;
  const prepared: string[] = [];
  const prepare = raw.prepare.bind(raw);
  raw.prepare = (sql: string) => {
    prepared.push(sql);
    return prepare(sql);
  };
  opened.reopen();
  const claims = prepared.filter((sql) =>
    /^update "bellwire_deliveries".*order by "next_attempt_at"/.test(sql),
  );
  expect(claims.map((sql) => [sql.includes('" desc'), sql.includes('"tenant" = ?')])).toEqual([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ]);
  for (const sql of claims) {
    const index = sql.includes('"tenant" = ?')
      ? 'bellwire_deliveries_due_tenants'
      : 'bellwire_deliveries_due';
    const plan = prepare<unknown[], { detail: string }>(`explain query plan ${sql}`);
    const steps = plan.all(...Array.from({ length: sql.split('?').length - 1 }, () => 1));
    const details = steps.map(({ detail }) => detail).join('\n');
    expect(details).toContain(`USING COVERING INDEX ${index} (`);
    expect(details).not.toMatch(/SCAN bellwire|TEMP B-TREE FOR ORDER BY/);
  }
});
