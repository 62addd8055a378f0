import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startCountingReceiver } from '../support/counting-receiver.ts';
import { createHooks, lostOf, overlappingHooks, typesOf, untilDrained } from '../support/deliveries.ts';
import { startEventLoad } from '../support/event-load.ts';
import { inTurn, preparePostgresNodes } from '../support/postgres-nodes.ts';
import { ownPostgres } from '../support/postgres-server.ts';
import { skipReason } from '../support/programs.ts';
import type { ServerProcess } from '../support/server-process.ts';

/** `pnpm experiment P2` runs the full form. */
const DELIVERIES = Number(process.env['CLEAN_DELIVERIES'] ?? 3_000);
const PER_SECOND = Number(process.env['NODE_RATE'] ?? 200);
/** `pnpm experiment P8` runs the full form. */
const RESTARTS = Number(process.env['ROLLING_RESTARTS'] ?? 1);
const RESTART_RATE = 60;
const NODES = 3;
const EXIT_MS = 45_000;
const reason = skipReason(ownPostgres);
const subscriptions = overlappingHooks(8);
const types = typesOf(subscriptions);

test.skipIf('missing' in ownPostgres)(
  `three nodes without faults send nothing twice, however much they share${reason}`,
  { timeout: 120_000 + DELIVERIES * 5 },
  async () => {
    await using receiver = await startCountingReceiver();
    await using cluster = await preparePostgresNodes();
    const running = [await cluster.start()];
    await createHooks(running[0]!, receiver, subscriptions);
    while (running.length < NODES) running.push(await cluster.start());
    await using load = startEventLoad({ url: inTurn(running), per_second: PER_SECOND, types });
    // Each event goes to two hooks.
    while (load.acked.length * 2 < DELIVERIES) await delay(50);
    await load.stop();
    await untilDrained(running[0]!);
    console.log(
      `P2: ${receiver.receptions.length} deliveries at ${PER_SECOND} events/s, ${receiver.duplicates().size} duplicates, refused ${JSON.stringify([...load.refusals])}`,
    );
    expect(lostOf(load.acked, receiver, subscriptions)).toEqual([]);
    expect(receiver.duplicates().size).toBe(0);
  },
);

/** Sends events at a steady rate, each once more to another node if the first one does not accept it. */
const startRetryingLoad = (nodes: readonly ServerProcess[]) => {
  const acked: { readonly event_id: string; readonly type: string; readonly n: number }[] = [];
  const failures: string[] = [];
  const sending = new Set<Promise<void>>();
  let sent = 0;
  const send = async (n: number): Promise<void> => {
    const type = types[n % types.length]!;
    const errors: string[] = [];
    for (const node of [nodes[n % nodes.length]!, nodes[(n + 1) % nodes.length]!]) {
      const event = { type, data: { n }, idempotency_key: `n${n}` };
      const answer = await node.call('POST', '/v1/events', event).catch((error: unknown) => String(error));
      if (typeof answer !== 'string' && answer.status === 202) {
        acked.push({ event_id: answer.body.id, type, n });
        return;
      }
      errors.push(typeof answer === 'string' ? answer : String(answer.status));
    }
    failures.push(errors.join(', then '));
  };
  const timer = setInterval(() => {
    sent += 1;
    const one = send(sent).finally(() => sending.delete(one));
    sending.add(one);
  }, 1_000 / RESTART_RATE);
  return {
    acked,
    failures,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(sending);
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
};

test.skipIf('missing' in ownPostgres)(
  `a rolling restart of three nodes fails no call that is repeated once, loses nothing and sends nothing twice${reason}`,
  { timeout: 120_000 + RESTARTS * 60_000 },
  async () => {
    await using receiver = await startCountingReceiver(() => ({ status: 200, delay_ms: 20 }));
    await using cluster = await preparePostgresNodes();
    const running = [await cluster.start()];
    await createHooks(running[0]!, receiver, subscriptions);
    while (running.length < NODES) running.push(await cluster.start());
    using load = startRetryingLoad(running);
    for (let nth = 0; nth < RESTARTS * NODES; nth += 1) {
      await delay(1_000);
      const old = running[nth % NODES]!;
      old.kill('SIGTERM');
      expect(await old.endsWithin(EXIT_MS)).toEqual({ code: 0, signal: null });
      running[nth % NODES] = await cluster.start();
    }
    await delay(1_000);
    await load.stop();
    await untilDrained(running[0]!);
    console.log(
      `P8: ${RESTARTS} rolling restarts: ${load.acked.length} acked, ${load.failures.length} failed, ${receiver.duplicates().size} duplicates`,
    );
    expect(load.failures).toEqual([]);
    expect(load.acked.length).toBeGreaterThan(RESTART_RATE);
    expect(lostOf(load.acked, receiver, subscriptions)).toEqual([]);
    expect(receiver.duplicates().size).toBe(0);
  },
);
