import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { type Child, startChild } from './child.ts';
import { API_KEY, createHooks, eventsFor, type Hello, HOOKS, PADDING, urlOf } from './event-load.ts';
import { closedLoop, type LoadResult, openLoop } from './load.ts';
import { p50p99 } from './quantiles.ts';

const EVENTS = Number(process.argv[2] ?? 60_000);

interface Received {
  readonly received: number;
  readonly latencies_ms: readonly number[];
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const receivedBy = async (receiver: Child<Hello>, path: '/' | '/reset' = '/'): Promise<Received> => {
  const { body } = await request(urlOf(receiver) + path);
  return (await body.json()) as Received;
};

/** Waits until the receiver has received `count` requests. */
const allReceived = async (receiver: Child<Hello>, count: number): Promise<void> => {
  for (let tries = 0; (await receivedBy(receiver)).received < count; tries += 1) {
    if (tries > 1_200) throw new Error(`the receiver did not get ${count} requests within a minute`);
    await wait(50);
  }
};

/** Measures `undici.request` alone, the upper limit for sending over HTTP from one process. */
const benchUndici = async (receiver: Child<Hello>): Promise<number> => {
  const dispatcher = new Agent({ connections: HOOKS * 2, pipelining: 1 });
  const body = JSON.stringify({
    type: 'bench',
    timestamp: new Date().toISOString(),
    data: { padding: PADDING },
  });
  const url = `${urlOf(receiver)}/hook`;
  let left = EVENTS;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: HOOKS * 2 }, async () => {
      while (left-- > 0) {
        const response = await request(url, {
          dispatcher,
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        });
        await response.body.dump();
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  await dispatcher.close();
  return EVENTS / seconds;
};

interface Scenario {
  readonly result: LoadResult;
  readonly received: Received;
  /** From the start of the first event to the receipt of the last. */
  readonly seconds: number;
  readonly cpu_us_per_event: number;
}

const cpuOf = async (server: Child<Hello>): Promise<number> => {
  const { cpu_us } = await server.ask<{ readonly cpu_us: NodeJS.CpuUsage }>('cpu');
  return cpu_us.user + cpu_us.system;
};

const runScenario = async (
  server: Child<Hello>,
  receiver: Child<Hello>,
  send: () => Promise<LoadResult>,
): Promise<Scenario> => {
  await receivedBy(receiver, '/reset');
  const cpu_before = await cpuOf(server);
  const started = performance.now();
  const result = await send();
  await allReceived(receiver, result.sent - result.other_statuses);
  const seconds = (performance.now() - started) / 1000;
  const cpu_us_per_event = ((await cpuOf(server)) - cpu_before) / result.sent;
  return { result, received: await receivedBy(receiver), seconds, cpu_us_per_event };
};

const report = (title: string, { result, received, seconds, cpu_us_per_event }: Scenario): number => {
  const rate = result.sent / seconds;
  say(`${title}: ${Math.round(rate)} events/s`);
  say(`  accept            ${p50p99(result.latencies_ms)}`);
  say(`  accept-to-receive ${p50p99(received.latencies_ms)} (from the start of the POST to the receipt)`);
  say(
    `  server CPU        ${cpu_us_per_event.toFixed(0)} µs per event; responses other than 202: ${result.other_statuses}`,
  );
  return rate;
};

const folder = await mkdtemp(join(tmpdir(), 'bellwire-bench-'));
try {
  await using receiver = await startChild<Hello>('./receiver-process.ts');
  await using server = await startChild<Hello>('./server-process.ts', [join(folder, 'bench.db'), API_KEY]);
  await createHooks(server, receiver);
  const load = eventsFor(server);

  say(`${EVENTS} events, ${HOOKS} hooks, one hook per event, one receiver process`);
  await closedLoop(load, Math.min(EVENTS, 5_000), 64);
  await allReceived(receiver, 1);
  await wait(500);
  const alone = await benchUndici(receiver);
  say(`undici.request alone: ${Math.round(alone)} requests/s`);
  const peak = report(
    'Bellwire end to end',
    await runScenario(server, receiver, () => closedLoop(load, EVENTS, 64)),
  );
  say(`ratio to undici.request alone: ${(peak / alone).toFixed(2)}`);
  report(
    'Bellwire at half its peak',
    await runScenario(server, receiver, () => openLoop(load, Math.round(peak / 2), 8)),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
