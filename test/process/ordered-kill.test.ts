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
import { processesIn } from '../support/processes-in.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const KILLS = Number(process.env['CRASH_KILLS'] ?? 3);
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 100_000);
/** Events of a key for each life: the one order of all keys takes the sum of their latencies. */
const EVENTS_PER_LIFE = 12;
const LONGEST_LIFE_MS = 1_500;
const EXIT_MS = 20_000;

test(
  `kill -9, ${KILLS} times: the events of a key arrive in order, each after the one before has been accepted`,
  { timeout: 180_000 + KILLS * 8_000 },
  async () => {
    await using folder = await createTemporaryFolder();
    const { roll } = createSeededRandom(SEED);
    const { receiver, receptions } = await startOrderedReceiver(roll);
    await using _ = receiver;
    let running: readonly ServerProcess[] = [];
    const senders = startOrderedSenders(() => running, EVENTS_PER_LIFE);
    const options = { folder: folder.path, env: { BELLWIRE_RETRY_SCHEDULE: '0,1s,1s,1s,1s,1s,1s' } };
    for (let nth = 0; nth < KILLS; nth += 1) {
      await using victim = await startServer(options);
      if (nth === 0) await createOrderedHooks(victim, receiver.origin);
      running = [victim];
      await delay(300 + roll() * LONGEST_LIFE_MS);
      running = [];
      victim.kill('SIGKILL');
      await victim.endsWithin(EXIT_MS);
    }
    await senders.stop();
    await using last = await startServer(options);
    // Each failed attempt holds up the one order of all keys for a second.
    await untilDrained(last, { timeout_ms: 150_000 });
    last.kill('SIGTERM');
    expect(await last.endsWithin(EXIT_MS)).toEqual({ code: 0, signal: null });

    console.log(
      `ordered kill -9: seed ${SEED}, ${KILLS} kills, ${senders.acked.length} acked, ${receptions.length} requests`,
    );
    // Without these, the rest would hold for a server that does nothing.
    expect(senders.acked.length).toBeGreaterThan(KILLS * 5);
    expect(receptions.filter(({ status }) => status === 500).length).toBeGreaterThan(0);

    expect(overtaken(receptions)).toEqual([]);
    expect(unaccepted(senders.acked, receptions)).toEqual([]);
    expect(processesIn(folder.path)).toEqual([]);
  },
);
