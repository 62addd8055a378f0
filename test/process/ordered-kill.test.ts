import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { untilDrained } from '../support/deliveries.ts';
import { processesIn } from '../support/processes-in.ts';
import { startReceiver } from '../support/receiver.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const KILLS = Number(process.env['CRASH_KILLS'] ?? 3);
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 100_000);
const KEYS = 12;
/** Events of a key for each life: the one order of all keys takes the sum of their latencies. */
const EVENTS_PER_LIFE = 12;
const LONGEST_LIFE_MS = 1_500;
const EXIT_MS = 20_000;
const HOOKS = {
  keyed: { ordered: true, order_key: 'sender.key' },
  whole: { ordered: true },
} as const;

interface Sent {
  readonly sender: { readonly key: number };
  readonly n: number;
}

interface Reception {
  /** The hook and the key. */
  readonly order: string;
  readonly n: number;
  readonly status: number;
}

/** A receiver that fails a few requests, and answers some slowly. */
const startOrderedReceiver = async (roll: () => number) => {
  const receptions: Reception[] = [];
  const receiver = await startReceiver(async ({ path, body }) => {
    const { data } = JSON.parse(body.toString()) as { readonly data: Sent };
    const status = roll() < 0.03 ? 500 : 200;
    receptions.push({ order: `${path.slice(1)} ${data.sender.key}`, n: data.n, status });
    if (roll() < 0.1) await delay(30, null, { ref: false });
    return { status };
  });
  return { receiver, receptions };
};

/** Sends the events of each key one after the other, each after the answer to the one before. */
const startSenders = (server: () => ServerProcess | null) => {
  const acked: Sent[] = [];
  const stopping = new AbortController();
  const run = async (key: number): Promise<void> => {
    let life: ServerProcess | null = null;
    let sent_to_life = 0;
    for (let n = 1; !stopping.signal.aborted; n += 1) {
      const running = server();
      if (running !== life) sent_to_life = 0;
      life = running;
      if (running === null || sent_to_life === EVENTS_PER_LIFE) await delay(5);
      else {
        sent_to_life += 1;
        const data = { sender: { key }, n };
        const sent = running.call('POST', '/v1/events', { type: 'load', data });
        const answer = await sent.catch(() => null);
        if (answer?.status === 202) acked.push(data);
      }
    }
  };
  const senders = Array.from({ length: KEYS }, (_, key) => run(key));
  return {
    acked,
    stop: async () => {
      stopping.abort();
      await Promise.all(senders);
    },
  };
};

const overtaken = (receptions: readonly Reception[]): readonly string[] =>
  [...Map.groupBy(receptions, ({ order }) => order)].flatMap(([order, own]) =>
    own.flatMap(({ n }, nth) => {
      const before = own[nth - 1];
      if (before === undefined || n > before.n ? before?.status !== 500 : n === before.n) return [];
      return [`${order}: ${n} (after ${before?.n} with ${before?.status})`];
    }),
  );

test(
  `kill -9, ${KILLS} times: the events of a key arrive in order, each after the one before has been accepted`,
  { timeout: 180_000 + KILLS * 8_000 },
  async () => {
    await using folder = await createTemporaryFolder();
    const { roll } = createSeededRandom(SEED);
    const { receiver, receptions } = await startOrderedReceiver(roll);
    await using _ = receiver;
    let running: ServerProcess | null = null;
    const senders = startSenders(() => running);
    const options = { folder: folder.path, env: { BELLWIRE_RETRY_SCHEDULE: '0,1s,1s,1s,1s,1s,1s' } };
    for (let nth = 0; nth < KILLS; nth += 1) {
      await using victim = await startServer(options);
      for (const [name, order] of nth === 0 ? Object.entries(HOOKS) : []) {
        const hook = { url: `${receiver.origin}/${name}`, events: ['load'], ...order };
        expect((await victim.call('POST', '/v1/webhooks', hook)).status).toBe(201);
      }
      running = victim;
      await delay(300 + roll() * LONGEST_LIFE_MS);
      running = null;
      victim.kill('SIGKILL');
      await victim.endsWithin(EXIT_MS);
    }
    await senders.stop();
    await using last = await startServer(options);
    await untilDrained(last);
    last.kill('SIGTERM');
    expect(await last.endsWithin(EXIT_MS)).toEqual({ code: 0, signal: null });

    const accepted = new Set(
      receptions.filter(({ status }) => status === 200).map(({ order, n }) => `${order} ${n}`),
    );
    const wanted = senders.acked.flatMap(({ sender, n }) =>
      Object.keys(HOOKS).map((hook) => `${hook} ${sender.key} ${n}`),
    );
    console.log(
      `ordered kill -9: seed ${SEED}, ${KILLS} kills, ${senders.acked.length} acked, ${receptions.length} requests`,
    );
    // Without these, the rest would hold for a server that does nothing.
    expect(senders.acked.length).toBeGreaterThan(KILLS * 5);
    expect(receptions.filter(({ status }) => status === 500).length).toBeGreaterThan(0);

    expect(overtaken(receptions)).toEqual([]);
    expect(wanted.filter((one) => !accepted.has(one))).toEqual([]);
    expect(processesIn(folder.path)).toEqual([]);
  },
);
