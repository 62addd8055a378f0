import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { untilDrained } from '../support/deliveries.ts';
import { preparePostgresNodes } from '../support/postgres-nodes.ts';
import { ownPostgres } from '../support/postgres-server.ts';
import { skipReason } from '../support/programs.ts';
import { startReceiver } from '../support/receiver.ts';

/** `pnpm experiment P3` runs the full form. */
const STOPS = Number(process.env['NODE_STOPS'] ?? 1);
/** Longer than other nodes wait before they take over what a node was sending. */
const STOPPED_MS = Number(process.env['NODE_STOP_SECONDS'] ?? 15) * 1_000;
const EVENTS = 12;
const NODES = 3;
/** Attempts of the others are under way when the stopped node continues, and for so long after it. */
const SLOW_MS = 2_000;
/** A lease is taken over at the earliest after this time. */
const ALIVE_MS = 8_000;
const reason = skipReason(ownPostgres);

interface AttemptRow {
  readonly delivery_id: string;
  readonly outcome: string;
  readonly started_at: number;
}

const attemptsIn = async (url: string): Promise<readonly AttemptRow[]> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<AttemptRow>(
      'select delivery_id, outcome, started_at::float8 as started_at from bellwire_attempts order by delivery_id, number',
    );
    return rows;
  } finally {
    await client.end();
  }
};

/** The attempts that began before their node was stopped, of deliveries that others have taken over since. */
const staleOf = (attempts: readonly AttemptRow[]): readonly AttemptRow[] =>
  [...Map.groupBy(attempts, ({ delivery_id }) => delivery_id).values()].flatMap((own) => {
    const taken_over = own.filter(({ outcome }) => outcome === 'interrupted');
    return own.filter(
      ({ outcome, started_at }) =>
        outcome !== 'interrupted' &&
        taken_over.some((other) => Math.abs(other.started_at - started_at) < ALIVE_MS),
    );
  });

test.skipIf('missing' in ownPostgres)(
  `a node that was stopped for longer than its leases writes nothing outdated when it continues${reason}`,
  { timeout: 120_000 + STOPS * (STOPPED_MS + 30_000) },
  async () => {
    let requests = 0;
    let continued: PromiseWithResolvers<void> | null = null;
    await using receiver = await startReceiver(async () => {
      requests += 1;
      await continued?.promise;
      await delay(continued === null ? 500 : SLOW_MS, null, { ref: false });
      return { status: 200 };
    });
    await using cluster = await preparePostgresNodes({
      env: { BELLWIRE_RETRY_SCHEDULE: '0,1s,1s,1s,1s', BELLWIRE_ATTEMPT_TIMEOUT: '60s' },
    });
    const running = [await cluster.start()];
    await running[0]!.call('POST', '/v1/webhooks', { url: receiver.origin, events: ['*'] });
    while (running.length < NODES) running.push(await cluster.start());
    let taken_over = 0;
    for (let nth = 0; nth < STOPS; nth += 1) {
      continued = null;
      const victim = running[nth % NODES]!;
      const before = requests;
      for (let n = 0; n < EVENTS; n += 1) {
        const { status } = await victim.call('POST', '/v1/events', { type: 'order.created', data: { n } });
        expect(status).toBe(202);
      }
      await expect.poll(() => requests, { timeout: 5_000, interval: 5 }).toBeGreaterThan(before);
      victim.kill('SIGSTOP');
      continued = Promise.withResolvers();
      const at_stop = requests;
      const stopped_at = Date.now();
      // Continues in the middle of attempts of the others.
      await expect.poll(() => requests, { timeout: 60_000, interval: 20 }).toBeGreaterThan(at_stop);
      await delay(Math.max(200, stopped_at + STOPPED_MS - Date.now()));
      taken_over += requests - at_stop;
      victim.kill('SIGCONT');
      continued.resolve();
      await untilDrained(running[(nth + 1) % NODES]!);
      await untilDrained(victim);
    }
    const attempts = await attemptsIn(cluster.database.url);
    const interrupted = attempts.filter(({ outcome }) => outcome === 'interrupted').length;
    const stale = staleOf(attempts);
    console.log(
      `P3: ${STOPS} stops of ${STOPPED_MS / 1000} s: ${interrupted} attempts taken over, ${taken_over} requests of the others meanwhile, ${stale.length} outdated results written`,
    );
    expect(interrupted).toBeGreaterThan(0);
    expect(stale).toEqual([]);
    const { body } = await running[0]!.call('GET', '/v1/deliveries?limit=100&status=failed');
    expect(body.data).toEqual([]);
    const succeeded = attempts.filter(({ outcome }) => outcome === 'succeeded');
    expect(succeeded.length).toBe(STOPS * EVENTS);
  },
);
