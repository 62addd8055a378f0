import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent } from 'undici';
import { expect, test } from 'vitest';
import { startCountingReceiver } from '../support/counting-receiver.ts';
import { createHooks, untilDrained } from '../support/deliveries.ts';
import { quantile } from '../support/quantile.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { noTrace, syncedFiles, withFaultySync } from '../support/strace.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

if (noTrace !== null) console.log(`the slow disk is not tested: ${noTrace}`);

// The full form is `pnpm experiment slow-disk`, with more events and two delays.
const SECONDS = Number(process.env['SLOW_DISK_SECONDS'] ?? 0);
const EVENTS_PER_SECOND = SECONDS > 0 ? 300 : 50;
/** Large enough for a restart of the write-ahead log. */
const PADDING = 'x'.repeat(SECONDS > 0 ? 4_000 : 40_000);

/** Calls `one` at a fixed rate; returns how long each call took from the moment when it was due. */
const atRate = async (per_second: number, seconds: number, one: () => Promise<void>): Promise<number[]> => {
  const start = performance.now();
  const calls: Promise<number>[] = [];
  const call = async (due: number): Promise<number> => {
    await one();
    return performance.now() - due;
  };
  for (let n = 0; n < per_second * seconds; n += 1) {
    const due = start + (n * 1_000) / per_second;
    const early = due - performance.now();
    if (early > 1) await wait(early);
    calls.push(call(due));
  }
  return Promise.all(calls);
};

/** Each event has one of them: the attempts of one hook at a time are few, and each ends with two syncs. */
const HOOKS = 30;
const subscriptions = new Map(Array.from({ length: HOOKS }, (_, n) => [`h${n}`, [`type-${n}`]]));

/** Milliseconds of each call while events arrive. */
interface Load {
  readonly accepts: readonly number[];
  readonly health: readonly number[];
  readonly lists: readonly number[];
}

const load = async (server: ServerProcess, seconds: number): Promise<Load> => {
  let sent = 0;
  const send = async (): Promise<void> => {
    const event = { type: `type-${(sent += 1) % HOOKS}`, data: { padding: PADDING } };
    const { status } = await server.call('POST', '/v1/events', event);
    if (status !== 202) throw new Error(`an event was answered with ${status}`);
  };
  const list = async (): Promise<void> => {
    const { status } = await server.call('GET', '/v1/deliveries?limit=20');
    if (status !== 200) throw new Error(`a list was answered with ${status}`);
  };
  const agent = new Agent();
  const checkHealth = async (): Promise<void> => {
    const { statusCode, body } = await agent.request({ origin: server.url, path: '/healthz', method: 'GET' });
    await body.dump();
    if (statusCode !== 200) throw new Error(`/healthz was answered with ${statusCode}`);
  };
  try {
    const [accepts, health, lists] = await Promise.all([
      atRate(EVENTS_PER_SECOND, seconds, send),
      atRate(50, seconds, checkHealth),
      atRate(20, seconds, list),
    ]);
    return { accepts, health, lists };
  } finally {
    await agent.destroy();
  }
};

interface Measured extends Load {
  /** The files that were synced under load: by the thread that answers HTTP, and by all others. */
  readonly synced: ReturnType<typeof syncedFiles>;
}

const show = (name: string, values: readonly number[]): void => {
  const [p50, p99, max] = [0.5, 0.99, 1].map((q) => quantile(values, q).toFixed(1));
  console.log(`${name}: p50 ${p50} p99 ${p99} max ${max} ms`);
};

const measure = async (fault: string | null, seconds: number): Promise<Measured> => {
  await using folder = await createTemporaryFolder();
  await using receiver = await startCountingReceiver();
  const trace = folder.file('trace');
  writeFileSync(trace, '');
  const under = fault === null ? {} : { under: withFaultySync(fault, { trace }) };
  await using server = await startServer({ folder: folder.path, ...under });
  await createHooks(server, receiver, subscriptions);
  const started = statSync(trace).size;
  await load(server, 1);
  const { accepts, health, lists } = await load(server, seconds);
  await untilDrained(server);
  const synced = syncedFiles(readFileSync(trace, 'utf8').slice(started), server.pid);
  show(`${fault ?? 'no delay'}, accept`, accepts);
  show(`${fault ?? 'no delay'}, /healthz`, health);
  show(`${fault ?? 'no delay'}, list`, lists);
  return { accepts, health, lists, synced };
};

const SLOW = 'delay_enter=50000';

const oneByOne = async (seconds: number) => {
  const fast = await measure(null, seconds);
  await measure('delay_enter=2000', seconds);
  return { fast, slow: await measure(SLOW, seconds) };
};

/** At the same time: other tests on this machine disturb both. */
const together = async (seconds: number) => {
  const [fast, slow] = await Promise.all([measure(null, seconds), measure(SLOW, seconds)]);
  return { fast, slow };
};

test.skipIf(noTrace !== null)(
  'a disk whose sync takes 50 ms delays writes, and neither /healthz nor lists',
  // A busy machine can disturb a measurement of time, which is then repeated.
  { retry: 2, timeout: 120_000 + 4_000 * SECONDS },
  async () => {
    const seconds = SECONDS || 5;
    const { fast, slow } = await (SECONDS > 0 ? oneByOne(seconds) : together(seconds));
    // With commits and a checkpoint: otherwise this would show nothing.
    const { by_others } = slow.synced;
    // The first checkpoint of a thread also syncs the folder.
    by_others.delete('.bellwire');
    expect(by_others).toEqual(new Set(['bellwire.db-wal', 'bellwire.db']));
    expect(slow.synced.by_thread).toEqual(new Set());
    expect(quantile(slow.accepts, 0.5)).toBeGreaterThan(50);
    // The short form has few calls: a single one that another test delays would be the 99th percentile.
    const at = SECONDS > 0 ? 0.99 : 0.9;
    for (const call of ['health', 'lists'] as const) {
      expect(quantile(slow[call], at)).toBeLessThan(20 + quantile(fast[call], at));
    }
  },
);
