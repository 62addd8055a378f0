import type { SqliteDatabase } from '../../packages/server/src/storage/sqlite/database.ts';
import { setTimeout as wait } from 'node:timers/promises';
import { request } from 'undici';
import type { Child } from './child.ts';
import { API_KEY, eventsFor, type Hello, urlOf } from './event-load.ts';
import { type LoadResult, startOpenLoop } from './load.ts';
import type { PreparedTables } from './prepare-tables.ts';
import { quantile } from './quantiles.ts';
import type { LoopDelay } from './server-process.ts';
import { BIG_WORKSPACE } from './table-rows.ts';

/** The context of the phases. */
export interface TableBench {
  readonly server: Child<Hello>;
  readonly receiver: Child<Hello>;
  /** A separate connection to the server's file. Keep reads on it short: they occupy a core. */
  readonly raw: SqliteDatabase['raw'];
  readonly tables: PreparedTables;
  /** Minimum duration of each phase. */
  readonly phase_ms: number;
}

/** The work of a phase besides accepting events. */
export interface PhaseWork {
  readonly rows: number;
  readonly notes: readonly string[];
}

export interface PhaseResult extends PhaseWork {
  readonly title: string;
  readonly accept: { readonly p50_ms: number; readonly p99_ms: number };
  readonly loop: LoopDelay;
  readonly seconds: number;
  readonly sent: number;
  readonly other_statuses: number;
}

const EVENTS_A_SECOND = 300;
/** Time limit for the work that a phase starts. */
const TIMEOUT_MS = 180_000;
const POLL_MS = 50;

/** Waits until `isDone`. @throws Error after the time limit */
export const until = async (what: string, isDone: () => boolean | Promise<boolean>): Promise<void> => {
  const started = performance.now();
  while (!(await isDone())) {
    if (performance.now() - started > TIMEOUT_MS) throw new Error(`${what}: not done after three minutes`);
    await wait(POLL_MS);
  }
};

/** Calls the API in the workspace with the large tables. @throws Error unless the response is a 2xx */
export const callBig = async <T>(
  { server }: Pick<TableBench, 'server'>,
  [method, path]: readonly ['GET' | 'POST' | 'DELETE', string],
  body?: object,
): Promise<T> => {
  const response = await request(urlOf(server) + path, {
    method,
    headers: {
      authorization: `Bearer ${API_KEY}`,
      'bellwire-workspace': BIG_WORKSPACE,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.body.text();
  if (response.statusCode >= 300) throw new Error(`${method} ${path}: ${response.statusCode} ${text}`);
  return (path.startsWith('/v1') && text !== '' ? JSON.parse(text) : text) as T;
};

/** Measures `work` in milliseconds. */
export const timed = async <T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly ms: number }> => {
  const started = performance.now();
  const result = await work();
  return { result, ms: performance.now() - started };
};

const acceptOf = ({ latencies_ms }: LoadResult): PhaseResult['accept'] => ({
  p50_ms: quantile(latencies_ms, 0.5),
  p99_ms: quantile(latencies_ms, 0.99),
});

/** Measures the server while it accepts events of another workspace and runs the work of a phase. */
export const measurePhase = async (
  bench: TableBench,
  title: string,
  work: (bench: TableBench) => Promise<PhaseWork>,
): Promise<PhaseResult> => {
  const load = await startOpenLoop(eventsFor(bench.server), EVENTS_A_SECOND);
  // The first requests of every phase open connections.
  await wait(Math.min(1_000, bench.phase_ms / 2));
  await bench.server.ask<LoopDelay>('loop');
  const least = wait(bench.phase_ms);
  const { result: done, ms } = await timed(() => work(bench));
  await least;
  const loop = await bench.server.ask<LoopDelay>('loop');
  const result = await load.stop();
  const { sent, other_statuses } = result;
  return { title, ...done, seconds: ms / 1000, accept: acceptOf(result), loop, sent, other_statuses };
};
