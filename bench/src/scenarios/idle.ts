import { setTimeout as wait } from 'node:timers/promises';
import { useOf, withPair, withWarmPair } from '../pair.ts';
import type { Pair } from '../pair.ts';
import type { Row, Scenario } from '../scenario.ts';

/** Idle threads, such as the one for checkpoints, have ended by then. */
const SETTLED_MS = 35_000;

const idleRow = async ({ server }: Pair, label: string, seconds: number): Promise<Row> => {
  await wait(SETTLED_MS);
  const before = await useOf(server);
  await wait(seconds * 1000);
  const { cpu_us, rss_mb } = await useOf(server);
  const used_us = cpu_us.user + cpu_us.system - before.cpu_us.user - before.cpu_us.system;
  return { label, values: { 'CPU % of a core': used_us / 1e4 / seconds, 'RSS MB': rss_mb } };
};

export const idle: Scenario = {
  id: 'idle',
  about: 'CPU time and memory of a server without events: new, and after a load.',
  run: async ({ folder, events, full }) => {
    const seconds = full ? 60 : 10;
    return [
      await withPair(folder, (pair) => idleRow(pair, 'idle, new', seconds), 'idle.db'),
      await withWarmPair(folder, Math.min(events, 20_000), (pair) =>
        idleRow(pair, 'idle, after a load', seconds),
      ),
    ];
  },
};
