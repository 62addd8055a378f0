import { Agent, request } from 'undici';
import { expect, it } from 'vitest';
import { prepareTables, RETENTION_DAYS } from '../../bench/src/prepare-tables.ts';
import { startCountingReceiver } from '../support/counting-receiver.ts';
import { createHooks, overlappingHooks, typesOf } from '../support/deliveries.ts';
import { startEventLoad } from '../support/event-load.ts';
import { ADMIN_KEY, runBellwire, type ServerProcess, startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

// The full form is `pnpm experiment I8`.
const SECONDS = Number(process.env['LAG_SECONDS'] ?? 5);
const FINISHED = Number(process.env['LAG_FINISHED'] ?? 4_000);
const PER_SECOND = 100;
/** Other tests can be running beside the short form, and disturb a busy process more than an idle one. */
const NOISE = process.env['LAG_SECONDS'] === undefined ? 3 : 1;

interface Lag {
  readonly p99: number;
  readonly max: number;
}

/** The lag of the event loop since the last call, in milliseconds. */
const lagOf = async (server: ServerProcess): Promise<Lag> => {
  const agent = new Agent();
  const { body } = await request(`${server.url}/metrics`, {
    dispatcher: agent,
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  });
  const text = await body.text();
  await agent.destroy();
  const read = (name: string): number =>
    Number(new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)$`, 'm').exec(text)?.[1]) * 1_000;
  return { p99: read('p99'), max: read('max') };
};

const idleFor = (seconds: number): Promise<void> =>
  new Promise((resolve) => void setTimeout(resolve, seconds * 1_000));

it(
  'the event loop answers within 20 ms for 99 % of the time and within 100 ms always: under load, beside retention and a backup',
  // A busy machine can disturb a measurement of time, which is then repeated.
  { retry: 3, timeout: 60_000 + SECONDS * 4_000 + FINISHED / 10 },
  async () => {
    await using folder = await createTemporaryFolder();
    await using receiver = await startCountingReceiver();
    const database = folder.file('bellwire.db');
    const rows = { hooks: 1_000, finished: FINISHED, old: FINISHED / 2 };
    await prepareTables(database, { ...rows, pending: 0, gone_backlog: 0, paused_backlog: 0 }, 9);
    const env = { BELLWIRE_DATABASE_URL: `file:${database}`, BELLWIRE_API_KEY: ADMIN_KEY };
    await using server = await startServer({
      folder: folder.path,
      env: { ...env, BELLWIRE_RETENTION: `${RETENTION_DAYS}d` },
    });
    const subscriptions = overlappingHooks(10);
    await createHooks(server, receiver, subscriptions);
    {
      await using warm = startEventLoad({
        url: () => server.url,
        per_second: PER_SECOND,
        types: typesOf(subscriptions),
      });
      await lagOf(server);
      await idleFor(1);
      await warm.stop();
    }
    await lagOf(server);
    await using load = startEventLoad({
      url: () => server.url,
      per_second: PER_SECOND,
      types: typesOf(subscriptions),
    });
    await using backup = runBellwire({ folder: folder.path, args: ['backup', 'copy.db'], env });
    await idleFor(SECONDS);
    const busy = await lagOf(server);
    await load.stop();
    expect((await backup.endsWithin(30_000)).code).toBe(0);
    await lagOf(server);
    // The lag of a process without work is that of the machine.
    await idleFor(SECONDS);
    const idle = await lagOf(server);
    console.log(
      `lag p99 ${busy.p99.toFixed(1)} ms, max ${busy.max.toFixed(1)} ms; idle ${idle.p99.toFixed(1)} ms, ${idle.max.toFixed(1)} ms`,
    );
    expect(load.acked.length).toBeGreaterThan(0.5 * PER_SECOND * SECONDS);
    expect(load.refusals.size).toBe(0);
    expect(busy.p99).toBeLessThan(20 + NOISE * idle.p99);
    expect(busy.max).toBeLessThan(100 + NOISE * idle.max);
  },
);
