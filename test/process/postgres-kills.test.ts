import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startCountingReceiver } from '../support/counting-receiver.ts';
import {
  createHooks,
  lostOf,
  overlappingHooks,
  statesOf,
  typesOf,
  untilDrained,
} from '../support/deliveries.ts';
import { startEventLoad } from '../support/event-load.ts';
import { inTurn, preparePostgresNodes } from '../support/postgres-nodes.ts';
import { ownPostgres } from '../support/postgres-server.ts';
import { skipReason } from '../support/programs.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import type { ServerProcess } from '../support/server-process.ts';

/** `pnpm experiment P1` runs the full form. */
const NODE_KILLS = Number(process.env['NODE_KILLS'] ?? 2);
/** `pnpm experiment P5` runs the full form. */
const DATABASE_KILLS = Number(process.env['DATABASE_KILLS'] ?? 2);
const PER_SECOND = Number(process.env['NODE_RATE'] ?? 150);
const EVERY_MS = 5_000;
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 100_000);
const NODES = 3;
/** The default of `hook_concurrency`. */
const SLOTS_OF_A_HOOK = 8;
/** The time limit of an attempt is below this: what a dead node was sending arrives before. */
const LATEST_MS = 16_000 + 10_000;
const reason = skipReason(ownPostgres);
const subscriptions = overlappingHooks(8);
const types = typesOf(subscriptions);
const env = { BELLWIRE_RETRY_SCHEDULE: '0,1s,1s,1s,2s,2s' };

const mostOfAHook = (duplicates: ReadonlyMap<string, readonly { readonly hook: string }[]>): number => {
  const of_hook = Map.groupBy(duplicates.values(), ([one]) => one!.hook);
  return Math.max(0, ...[...of_hook.values()].map(({ length }) => length));
};

test.skipIf('missing' in ownPostgres)(
  `three nodes, one of them killed every five seconds: nothing is lost, a killed node repeats at most its slots${reason}`,
  { timeout: 120_000 + NODE_KILLS * 20_000 },
  async () => {
    const { roll } = createSeededRandom(SEED);
    await using receiver = await startCountingReceiver(() => ({ status: 200, delay_ms: 20 }));
    await using cluster = await preparePostgresNodes({ fsync: true, env });
    const running: ServerProcess[] = [];
    await using load = startEventLoad({ url: inTurn(running), per_second: PER_SECOND, types });
    const first = await cluster.start();
    await createHooks(first, receiver, subscriptions);
    running.push(first);
    while (running.length < NODES) running.push(await cluster.start());
    for (let nth = 0; nth < NODE_KILLS; nth += 1) {
      await delay(EVERY_MS);
      const [victim] = running.splice(Math.floor(roll() * running.length), 1);
      victim!.kill('SIGKILL');
      running.push(await cluster.start());
    }
    await delay(1_000);
    await load.stop();
    const stopped_at = Date.now();
    await untilDrained(running[0]!);
    const drained_ms = Date.now() - stopped_at;
    const duplicates = receiver.duplicates();
    const lost = lostOf(load.acked, receiver, subscriptions);
    const most = mostOfAHook(duplicates);
    console.log(
      `P1: seed ${SEED}, ${PER_SECOND}/s, ${NODE_KILLS} kills: ${load.acked.length} acked, ${receiver.receptions.length} received, ` +
        `${lost.length} lost, ${duplicates.size} duplicates (at most ${most} of a hook), ` +
        `drained in ${drained_ms} ms, refused ${JSON.stringify([...load.refusals])}`,
    );
    expect(load.acked.length).toBeGreaterThan(PER_SECOND * 2);
    expect(await statesOf(running[0]!, lost)).toEqual([]);
    expect(most).toBeLessThanOrEqual(NODE_KILLS * SLOTS_OF_A_HOOK);
    expect(drained_ms).toBeLessThan(LATEST_MS);
  },
);

test.skipIf('missing' in ownPostgres)(
  `three nodes whose database server is killed: nothing is lost, and they accept again within five seconds${reason}`,
  { timeout: 120_000 + DATABASE_KILLS * 20_000 },
  async () => {
    await using receiver = await startCountingReceiver(() => ({ status: 200, delay_ms: 20 }));
    await using cluster = await preparePostgresNodes({ fsync: true, env });
    const running: ServerProcess[] = [];
    await using load = startEventLoad({ url: inTurn(running), per_second: PER_SECOND, types });
    const first = await cluster.start();
    await createHooks(first, receiver, subscriptions);
    running.push(first);
    while (running.length < NODES) running.push(await cluster.start());
    const back_ms: number[] = [];
    for (let nth = 0; nth < DATABASE_KILLS; nth += 1) {
      await delay(EVERY_MS);
      await cluster.postgres.kill();
      await delay(500);
      await cluster.postgres.start();
      const started_at = Date.now();
      const accepts = running.map((node) =>
        expect
          .poll(
            async () => (await node.call('POST', '/v1/events', { type: 'none', data: { n: 0 } })).status,
            {
              timeout: 20_000,
              interval: 50,
            },
          )
          .toBe(202),
      );
      await Promise.all(accepts);
      back_ms.push(Date.now() - started_at);
    }
    await delay(1_000);
    await load.stop();
    await untilDrained(first);
    const duplicates = receiver.duplicates();
    const lost = lostOf(load.acked, receiver, subscriptions);
    const most = mostOfAHook(duplicates);
    console.log(
      `P5: ${PER_SECOND}/s, ${DATABASE_KILLS} kills of PostgreSQL: ${load.acked.length} acked, ${receiver.receptions.length} received, ` +
        `${lost.length} lost, ${duplicates.size} duplicates (at most ${most} of a hook), ` +
        `all nodes accept again after at most ${Math.max(...back_ms)} ms`,
    );
    expect(load.acked.length).toBeGreaterThan(PER_SECOND * 2);
    expect(await statesOf(running[0]!, lost)).toEqual([]);
    // Each attempt that the failure left without a record is repeated.
    expect(most).toBeLessThanOrEqual(DATABASE_KILLS * SLOTS_OF_A_HOOK);
    expect(Math.max(...back_ms)).toBeLessThan(5_000);
  },
);
