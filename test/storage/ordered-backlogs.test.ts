import { expect, it } from 'vitest';
import type { Delivery } from '../../packages/server/src/core/delivery.ts';
import { createKit, type Kit, NOW, OK, ERROR } from './conformance/kit.ts';
import { openTestStore, type TestStore } from '../support/test-store.ts';

const COUNT = Number(process.env['ORDERED_BACKLOG'] ?? 100_000);
/** The limit of the median of each call. The default allows for tests that run at the same time. */
const MAX_MS = Number(process.env['ORDERED_MAX_MS'] ?? 100);
const ROUNDS = 15;

/** Adds deliveries of a hook that wait behind `first`, each of the key that `keyOf` returns. */
const fill = (
  { database: { raw } }: Kit<TestStore>,
  { workspace_id, id: first }: Delivery,
  keyOf: (nth: number) => string,
): void => {
  raw.prepare('update bellwire_deliveries set order_key = ? where id = ?').run(keyOf(0), first);
  const copy = raw.prepare(
    `insert into bellwire_deliveries select workspace_id, ? as id, tenant, event_id, event_type, hook_id, "trigger", 'pending',
       attempts, failures, returns, has_succeeded, suspicion, null, 0, null, null, null, null, null, null, null, null, null,
       created_at, updated_at, ?, ? from bellwire_deliveries where workspace_id = ? and id = ?`,
  );
  raw.transaction(() => {
    for (let nth = 1; nth <= COUNT; nth += 1) {
      copy.run(
        `dlv_z${String(nth).padStart(25, '0')}${first.slice(-4)}`,
        keyOf(nth),
        nth + 1,
        workspace_id,
        first,
      );
    }
  })();
};

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;

/** The median duration of a call in milliseconds. */
const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return median(times);
};

it.each([
  ['one key', () => 'a'],
  ['as many keys', (nth: number) => `k${nth}`],
])(
  `${COUNT} blocked deliveries of %s do not slow down claims, commits and lists`,
  async (name, keyOf) => {
    await using kit = createKit(await openTestStore());
    const pair = await kit.pair({ ordered: 1, order_key: 'id' });
    const { workspace_id, hook_id } = pair;
    const lease = await kit.leaseFor(pair, { data: { id: keyOf(0) }, data_text: '{}' });
    fill(kit, lease.delivery, keyOf);
    const other = await kit.pair();
    await kit.pendingFor(other, [NOW, NOW]);
    let nth = 0;
    const took = {
      due: await timed(() => kit.due(NOW)),
      claim: await timed(() => kit.claim([{ ...pair, limit: 8 }])),
      accept: await timed(() =>
        kit.stored(kit.event(workspace_id, { data: { id: keyOf(0) }, data_text: '{}', hook_ids: [hook_id] })),
      ),
      settle: await timed(async () => {
        nth += 1;
        const data = { id: `new${nth}` };
        const sent = await kit.leaseFor(pair, { data, data_text: '{}' });
        await kit.end(sent, nth % 2 === 0 ? OK : ERROR);
      }),
      list: await timed(() =>
        kit.repositories.deliveries.list(workspace_id, {}, { limit: 100, after: null }),
      ),
    };
    const steps: number[] = [];
    let head = lease;
    for (let round = 0; round < (name === 'one key' ? ROUNDS : 1); round += 1) {
      const start = performance.now();
      const settlement = kit.attempted({ ...head, delivery: { ...head.delivery, order_key: keyOf(0) } }, OK);
      const { released } = await kit.commit({ settlements: [settlement] });
      steps.push(performance.now() - start);
      head = released[0]!;
    }
    const all = { ...took, release: median(steps) };
    console.log(`${COUNT} blocked deliveries of ${name}: ${JSON.stringify(all)}`);
    expect(await kit.due(NOW)).not.toContainEqual(pair);
    for (const [call, ms] of Object.entries(all)) expect(ms, call).toBeLessThan(MAX_MS);
  },
  120_000,
);
