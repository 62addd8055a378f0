import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { request } from 'undici';
import { type Child, startChild } from './child.ts';
import { API_KEY, createHooks, eventsFor, type Hello, urlOf } from './event-load.ts';
import { closedLoop, type Load, type LoadResult, openLoop } from './load.ts';
import { quantile } from './quantiles.ts';
import type { Row } from './scenario.ts';
import type { ProcessUse } from './server-process.ts';

export interface Received {
  readonly received: number;
  readonly latencies_ms: readonly number[];
}

/** A server and a receiver, each in its own process. */
export interface Pair {
  readonly server: Child<Hello>;
  readonly receiver: Child<Hello>;
}

export const receivedBy = async (
  receiver: Child<Hello>,
  path: '/' | '/reset' | '/counts' = '/',
): Promise<Received> => {
  const { body } = await request(urlOf(receiver) + path);
  return (await body.json()) as Received;
};

/** Waits until the receiver has received `count` requests. @throws Error if none arrives for a minute */
export const allReceived = async (receiver: Child<Hello>, count: number): Promise<void> => {
  let last = { received: -1, at: performance.now() };
  for (;;) {
    const { received } = await receivedBy(receiver, '/counts');
    if (received >= count) return;
    if (received > last.received) last = { received, at: performance.now() };
    if (performance.now() - last.at > 60_000)
      throw new Error(`the receiver got ${received} of ${count} requests`);
    await wait(20);
  }
};

export const useOf = (server: Child<Hello>): Promise<ProcessUse> => server.ask<ProcessUse>('cpu');

const cpuOf = async (server: Child<Hello>): Promise<number> => {
  const { cpu_us } = await useOf(server);
  return cpu_us.user + cpu_us.system;
};

export interface Measurement {
  readonly label: string;
  /** Requests that the receiver gets for each event. Default: 1. */
  readonly fan_out?: number;
  readonly send: () => Promise<LoadResult>;
}

/** Sends, waits until the receiver has everything, and measures latencies, rates and CPU time per event. */
export const measure = async (
  { server, receiver }: Pair,
  { label, fan_out = 1, send }: Measurement,
): Promise<Row> => {
  await receivedBy(receiver, '/reset');
  const cpu_before = await cpuOf(server);
  const started = performance.now();
  const result = await send();
  const accepted = result.sent - result.other_statuses;
  await allReceived(receiver, accepted * fan_out);
  const seconds = (performance.now() - started) / 1000;
  const cpu_us = (await cpuOf(server)) - cpu_before;
  const { latencies_ms } = await receivedBy(receiver);
  const { rss_mb } = await useOf(server);
  return {
    label,
    values: {
      'events/s': accepted / seconds,
      ...(fan_out === 1 ? {} : { 'deliveries/s': (accepted * fan_out) / seconds }),
      'accept p50 ms': quantile(result.latencies_ms, 0.5),
      'accept p99 ms': quantile(result.latencies_ms, 0.99),
      'receive p50 ms': quantile(latencies_ms, 0.5),
      'receive p99 ms': quantile(latencies_ms, 0.99),
      'CPU µs/event': cpu_us / result.sent,
      'CPU % of a core': cpu_us / 1e4 / seconds,
      'RSS MB': rss_mb,
      refused: result.other_statuses,
    },
  };
};

/** As docs/operation.md starts the server. */
export const NODE_ARGS = ['--max-semi-space-size=8'];

/** Starts the pair on a database file, and runs `work` with it. */
export const withPair = async <T>(
  folder: string,
  work: (pair: Pair) => Promise<T>,
  file: string = 'bench.db',
): Promise<T> => {
  await using receiver = await startChild<Hello>('./receiver-process.ts');
  const args = [`file:${join(folder, file)}`, API_KEY];
  await using server = await startChild<Hello>('./server-process.ts', args, {
    node_args: NODE_ARGS,
  });
  return await work({ server, receiver });
};

/** Sends some events, so that V8 has compiled what is measured. */
export const warmUp = async (receiver: Child<Hello>, send: () => Promise<LoadResult>): Promise<void> => {
  const before = (await receivedBy(receiver, '/counts')).received;
  const { sent } = await send();
  await allReceived(receiver, before + sent);
  await wait(500);
};

/** The pair with 32 hooks and warm code, and the load of one hook per event. */
export const withWarmPair = <T>(
  folder: string,
  warm_up: number,
  work: (pair: Pair, load: Load) => Promise<T>,
): Promise<T> =>
  withPair(folder, async (pair) => {
    await createHooks(pair.server, pair.receiver);
    const load = eventsFor(pair.server);
    await warmUp(pair.receiver, () => closedLoop(load, warm_up, 64));
    return work(pair, load);
  });

/** Sends `rate` events per second for some seconds. */
export const atRate = (
  pair: Pair,
  load: Load,
  { rate, seconds }: { readonly rate: number; readonly seconds: number },
): Promise<Row> => measure(pair, { label: `${rate}/s offered`, send: () => openLoop(load, rate, seconds) });
