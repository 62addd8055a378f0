import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { untilDrained } from '../support/deliveries.ts';
import {
  createOrderedHooks,
  overtaken,
  startOrderedReceiver,
  startOrderedSenders,
  unaccepted,
} from '../support/ordered-load.ts';
import { preparePostgresNodes } from '../support/postgres-nodes.ts';
import { ownPostgres } from '../support/postgres-server.ts';
import { skipReason } from '../support/programs.ts';
import { createSeededRandom } from '../support/seeded-random.ts';

/** `pnpm experiment order` runs the full form. */
const FAULTS = Number(process.env['ORDERED_NODE_FAULTS'] ?? 2);
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 100_000);
/** The order of all keys waits after each fault until others have taken over, and then takes the sum of all latencies. */
const EVENTS_PER_LIFE = 10;
/** Longer than a node without a sign of life counts as alive. */
const STOPPED_MS = 15_000;
const EXIT_MS = 20_000;

const reason = skipReason(ownPostgres);

test.skipIf('missing' in ownPostgres).each([2, 3])(
  `%i nodes of which some are killed and stopped: the events of a key arrive in order, one at a time${reason}`,
  // Their nodes wait most of the time.
  { timeout: 180_000 + FAULTS * 60_000, concurrent: true },
  async (count) => {
    const { roll } = createSeededRandom(SEED + count);
    const { receiver, receptions, most } = await startOrderedReceiver(roll);
    await using _ = receiver;
    await using cluster = await preparePostgresNodes({
      env: { BELLWIRE_RETRY_SCHEDULE: '0,1s,1s,1s,1s,1s,1s,1s' },
    });
    const running = [await cluster.start()];
    await createOrderedHooks(running[0]!, receiver.origin);
    while (running.length < count) running.push(await cluster.start());
    const senders = startOrderedSenders(() => running, EVENTS_PER_LIFE);
    for (let nth = 0; nth < FAULTS; nth += 1) {
      await delay(1_000 + roll() * 1_000);
      const [victim] = running.splice(Math.floor(roll() * running.length), 1);
      if (nth % 2 === 0) {
        victim!.kill('SIGKILL');
        await victim!.endsWithin(EXIT_MS);
        running.push(await cluster.start());
      } else {
        victim!.kill('SIGSTOP');
        await delay(STOPPED_MS);
        victim!.kill('SIGCONT');
        running.push(victim!);
      }
    }
    await delay(1_000);
    await senders.stop();
    await untilDrained(running[0]!);
    console.log(
      `ordered, ${count} nodes: seed ${SEED}, ${FAULTS} faults, ${senders.acked.length} acked, ${receptions.length} requests`,
    );
    expect(senders.acked.length).toBeGreaterThan(100);
    expect(receptions.filter(({ status }) => status === 500).length).toBeGreaterThan(0);
    expect(overtaken(receptions)).toEqual([]);
    expect(Object.fromEntries([...most].filter(([, at_once]) => at_once > 1))).toEqual({});
    expect(unaccepted(senders.acked, receptions)).toEqual([]);
    for (const node of running) {
      node.kill('SIGTERM');
      expect(await node.endsWithin(EXIT_MS)).toEqual({ code: 0, signal: null });
    }
  },
);
