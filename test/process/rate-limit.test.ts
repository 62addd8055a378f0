import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { prepareTables } from '../../bench/src/prepare-tables.ts';
import { BIG_WORKSPACE, GONE_TYPE } from '../../bench/src/table-rows.ts';
import { openSqlite } from '../../packages/server/src/storage/sqlite/database.ts';
import { quantile } from '../support/quantile.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, type ServerProcess, startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

// The full form is `pnpm experiment I4-process`; `I4` is the same on a virtual clock.
const BACKLOG = Number(process.env['PROCESS_BACKLOG'] ?? 1_500);
/** Other tests can be running beside the short form. */
const IS_FULL = process.env['PROCESS_BACKLOG'] !== undefined;

/** The rate limit of the hook: requests per second. */
const RATE = IS_FULL ? 500 : 200;
const HOOK_CONCURRENCY = 8;
const FRESH_PER_SECOND = 2;
/** The first request after the recovery is alone until it is answered. */
const PROBE_MS = 300;

interface Request {
  readonly at: number;
  /** The number of requests in progress with it. */
  readonly in_flight: number;
  /** For an event that was sent during the recovery: the time since then. */
  readonly waited_ms: number | null;
}

/** A receiver that fails until `recovers`. */
const startIll = async () => {
  const state = { is_well: false, in_flight: 0, failed: 0 };
  const requests: Request[] = [];
  const receiver = await startReceiver(async ({ body }) => {
    if (!state.is_well) {
      state.failed += 1;
      return { status: 503 };
    }
    state.in_flight += 1;
    const { data } = JSON.parse(body.toString()) as { readonly data: { readonly sent_at?: number } };
    const at = performance.now();
    const waited_ms = data.sent_at === undefined ? null : at - data.sent_at;
    requests.push({ at, in_flight: state.in_flight, waited_ms });
    await delay(requests.length === 1 ? PROBE_MS : 2, null, { ref: false });
    state.in_flight -= 1;
    return {};
  });
  return {
    port: Number(new URL(receiver.origin).port),
    requests,
    failed: () => state.failed,
    recovers: () => {
      state.is_well = true;
    },
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  };
};

/** A database with a backlog of one hook, all of it due. */
const prepareBacklog = async (path: string, port: number): Promise<void> => {
  const sizes = { hooks: 2, finished: 0, old: 0, pending: BACKLOG, gone_backlog: BACKLOG, paused_backlog: 0 };
  const { gone_hook } = await prepareTables(path, sizes, port);
  const { raw, close } = openSqlite(path);
  raw.exec(`update bellwire_deliveries set next_attempt_at = created_at where status = 'pending'`);
  raw
    .prepare('update bellwire_hooks set rate_limit = ? where id = ?')
    .run(JSON.stringify({ count: RATE, per: 'second' }), gone_hook);
  await close();
};

const callBig = async (server: ServerProcess, path: string, body?: unknown): Promise<unknown> => {
  const response = await fetch(`${server.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${ADMIN_KEY}`,
      'bellwire-workspace': BIG_WORKSPACE,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return response.json();
};

interface Hook {
  readonly name: string;
  readonly breaker: { readonly state: string };
}

const breakerOf = async (server: ServerProcess): Promise<string | undefined> => {
  const { data } = (await callBig(server, '/v1/webhooks')) as { readonly data: readonly Hook[] };
  return data.find(({ name }) => name === 'gone')?.breaker.state;
};

/** The largest number of requests within a second, of those in the first ten. */
const peakRate = (times: readonly number[]): number => {
  const start = times[0] ?? 0;
  let [first, peak] = [0, 0];
  for (const [last, at] of times.entries()) {
    if (at - start > 10_000) break;
    while (at - times[first]! >= 1_000) first += 1;
    peak = Math.max(peak, last - first + 1);
  }
  return peak;
};

it(
  `a hook with a rate limit of ${RATE}/s that recovers with a backlog of ${BACKLOG} gets one probe, then its rate`,
  { timeout: 120_000 + BACKLOG * 10 },
  async () => {
    await using folder = await createTemporaryFolder();
    await using receiver = await startIll();
    const path = folder.file('bellwire.db');
    await prepareBacklog(path, receiver.port);
    await using server = await startServer({
      folder: folder.path,
      env: { BELLWIRE_DATABASE_URL: `file:${path}`, BELLWIRE_RETRY_SCHEDULE: '0,5s,5s,1m' },
    });
    await expect.poll(() => breakerOf(server), { timeout: 20_000 }).toBe('open');
    receiver.recovers();
    const { requests } = receiver;
    await expect.poll(() => requests.length, { timeout: 60_000 }).toBeGreaterThan(0);
    const fresh: Promise<unknown>[] = [];
    const sending = setInterval(() => {
      fresh.push(callBig(server, '/v1/events', { type: GONE_TYPE, data: { sent_at: performance.now() } }));
    }, 1_000 / FRESH_PER_SECOND);
    const ideal_ms = (1_000 * BACKLOG) / RATE;
    await expect
      .poll(() => requests.filter(({ waited_ms }) => waited_ms === null).length, {
        timeout: 1.1 * ideal_ms + 30_000,
        interval: 100,
      })
      .toBeGreaterThanOrEqual(0.99 * BACKLOG);
    clearInterval(sending);
    await Promise.all(fresh);
    const [first, last] = [requests[0]!.at, requests.at(-1)!.at];
    const waits = requests.flatMap(({ waited_ms }) => waited_ms ?? []);
    await expect.poll(() => requests.length - BACKLOG, { timeout: 30_000 }).toBeGreaterThanOrEqual(0);
    const peak = peakRate(requests.map(({ at }) => at));
    console.log(
      `drained in ${((last - first) / 1000).toFixed(1)} s (${(ideal_ms / 1000).toFixed(1)} s at the rate), at most ${peak}/s, fresh events waited ${quantile(waits, 0.99).toFixed(0)} ms (p99 of ${waits.length})`,
    );
    expect(receiver.failed()).toBeLessThan(BACKLOG / 10);
    // Half-open: one request, until it is answered.
    expect(requests[1]!.at - first).toBeGreaterThanOrEqual(PROBE_MS);
    expect(Math.max(...requests.map(({ in_flight }) => in_flight))).toBeLessThanOrEqual(HOOK_CONCURRENCY);
    expect(peak).toBeLessThanOrEqual(2 * RATE);
    // The ramp after the probe takes up to 5 s, of which the short form has little more.
    expect(last - first).toBeLessThan(1.1 * ideal_ms + (IS_FULL ? 0 : 5_000));
    expect(fresh.length).toBeGreaterThan(5);
    expect(waits.length).toBeGreaterThan(0.8 * fresh.length);
    expect(quantile(waits, 0.99)).toBeLessThan(IS_FULL ? 30_000 : 5_000);
  },
);
