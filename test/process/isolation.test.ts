import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openLoop } from '../../bench/src/load.ts';
import { startBlackHole } from '../support/black-hole.ts';
import { startFaultyReceiver } from '../support/faulty-receiver.ts';
import { quantile } from '../support/quantile.ts';
import { startReceiver } from '../support/receiver.ts';
import { dripsHeaders } from '../support/receiver-behaviours.ts';
import { ADMIN_KEY, type ServerProcess, startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

// The full form is `pnpm experiment I1-process`; `I1` is the same on a virtual clock.
const HOOKS = Number(process.env['PROCESS_HOOKS'] ?? 300);
const SECONDS = Number(process.env['PROCESS_SECONDS'] ?? 6);
/** Other tests can be running beside the short form. */
const IS_FULL = process.env['PROCESS_HOOKS'] !== undefined;

const PER_SECOND = 300;
const WARM_UP_SECONDS = 3;
const MEMORY_MB_MAX = 350;
const AT_ONCE = 16;
const BAD_KINDS = 3;

/** Fewer than the bad hooks could use: 8 each. */
const CONCURRENCY = Math.min(1_024, Math.floor(HOOKS / 8));

/** One and a half times the slots, the connections of the load, and a few idle ones. */
const SOCKETS_MAX = 1.5 * CONCURRENCY + 300;

interface Origins {
  readonly healthy: string;
  /** Each has one hundredth of the hooks. */
  readonly bad: readonly string[];
}

/** Creates the hooks, and returns their ids: bad ones first. */
const createHooks = async (server: ServerProcess, { healthy, bad }: Origins): Promise<readonly string[]> => {
  const hundredth = HOOKS / 100;
  const ids: string[] = Array.from({ length: HOOKS }, () => '');
  let next = 0;
  const create = async (): Promise<void> => {
    while (next < HOOKS) {
      const n = next++;
      const url = `${bad[Math.floor(n / hundredth)] ?? healthy}/hook/${n}`;
      const { status, body } = await server.call('POST', '/v1/webhooks', { url, events: ['*'] });
      if (status !== 201) throw new Error(`a hook was answered with ${status}`);
      ids[n] = body.id;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, create));
  return ids;
};

/** Events at a steady rate, each for one hook: all hooks in an irregular order that is the same in each run. */
const eventsFor = (server: ServerProcess, ids: readonly string[]) => ({
  port: Number(new URL(server.url).port),
  path: '/v1/events',
  headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
  expected_status: 202,
  body: (n: number) =>
    `{"type":"isolation","hook_ids":["${ids[(n * 7_919) % ids.length]}"],"data":{"sent_at":${performance.now()}}}`,
});

/** The largest resident memory of the process until now, in MiB. */
const peakMemoryOf = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** The open sockets of the process; a descriptor can be closed while they are listed. */
const socketsOf = (pid: number): number =>
  readdirSync(`/proc/${pid}/fd`).filter((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;

const healthyReceiver = async (waits: number[]) =>
  startReceiver(async ({ body }) => {
    const { data } = JSON.parse(body.toString()) as { readonly data: { readonly sent_at: number } };
    waits.push(performance.now() - data.sent_at);
    await delay(5, null, { ref: false });
    return {};
  });

interface Run {
  /** The time from each event to its request, of the healthy hooks. */
  readonly waits: readonly number[];
  readonly refused: number;
  readonly memory_mb: number;
  readonly sockets: number;
}

const run = async (bad: readonly string[]): Promise<Run> => {
  await using folder = await createTemporaryFolder();
  const waits: number[] = [];
  await using receiver = await healthyReceiver(waits);
  // As docs/operation.md starts a server.
  await using server = await startServer({
    folder: folder.path,
    node_args: ['--max-semi-space-size=8'],
    env: { BELLWIRE_CONCURRENCY: `${CONCURRENCY}` },
  });
  const ids = await createHooks(server, { healthy: receiver.origin, bad });
  const healthy = ids.slice(BAD_KINDS * (HOOKS / 100));
  await openLoop(eventsFor(server, healthy), PER_SECOND, WARM_UP_SECONDS);
  await expect.poll(() => waits.length, { timeout: 10_000 }).toBe(PER_SECOND * WARM_UP_SECONDS);
  waits.length = 0;
  let sockets = 0;
  const sampling = setInterval(() => (sockets = Math.max(sockets, socketsOf(server.pid))), 250);
  const { other_statuses } = await openLoop(eventsFor(server, ids), PER_SECOND, SECONDS);
  await delay(1_000);
  clearInterval(sampling);
  return { waits: [...waits], refused: other_statuses, memory_mb: peakMemoryOf(server.pid), sockets };
};

const show = (label: string, { waits, memory_mb, sockets, refused }: Run): void => {
  const [p50, p99] = [0.5, 0.99].map((q) => quantile(waits, q).toFixed(1));
  console.log(
    `${label}: ${waits.length} received, p50 ${p50} ms, p99 ${p99} ms, ${memory_mb.toFixed(0)} MiB, ${sockets} sockets, ${refused} refused`,
  );
};

it(
  `of ${HOOKS} hooks, a hundredth each hangs, drips or is in a black hole: the others are as fast, and the memory is bounded`,
  // A busy machine can disturb a measurement of time, which is then repeated.
  { retry: 2, timeout: 60_000 + HOOKS * 20 + SECONDS * 4_000 },
  async () => {
    await using hanging = await startFaultyReceiver({});
    const paths = Array.from({ length: HOOKS }, (_, n) => `/hook/${n}`);
    await using dripping = await startFaultyReceiver(
      Object.fromEntries(paths.map((path) => [path, dripsHeaders])),
    );
    await using hole = await startBlackHole();
    const control = await run([]);
    show('without', control);
    const beside = await run([hanging.origin, dripping.origin, `http://127.0.0.1:${hole.port}`]);
    show('beside', beside);
    // Each kind was tried, and more than once at a time.
    expect(hanging.requests.length).toBeGreaterThan(1);
    expect(dripping.requests.length).toBeGreaterThan(1);
    const expected = ((100 - BAD_KINDS) / 100) * control.waits.length;
    expect(beside.waits.length).toBeGreaterThanOrEqual(0.98 * expected);
    expect(beside.refused).toBe(0);
    const at = IS_FULL ? 0.99 : 0.9;
    const [usual, late] = [quantile(control.waits, at), quantile(beside.waits, at)];
    expect(late).toBeLessThan(IS_FULL ? Math.min(250, 1.25 * usual) : 2 * usual + 50);
    expect(beside.memory_mb).toBeLessThan(MEMORY_MB_MAX);
    expect(beside.sockets).toBeLessThan(SOCKETS_MAX);
  },
);
