import { describe, expect, it } from 'vitest';
import {
  addStats,
  countersOf,
  latencyQuantile,
  NO_STATS,
  type StatsCounter,
  type StatsCounts,
  summaryOf,
} from '../../packages/server/src/core/attempt-stats.ts';
import type { Trigger } from '../../packages/server/src/core/event.ts';
import type { Outcome } from '../../packages/server/src/core/outcome.ts';
import { createSeededRandom } from '../support/seeded-random.ts';

interface Attempt {
  readonly trigger?: Trigger;
  readonly outcome?: Outcome;
  readonly duration_ms?: number | null;
}

const OK: Outcome = { kind: 'succeeded' };

const countersFor = ({ trigger = 'scheduled', outcome = OK, duration_ms = 10 }: Attempt) =>
  countersOf({ trigger, outcome, duration_ms });

const count = (attempts: readonly Attempt[]): StatsCounts => {
  const counts: Record<StatsCounter, number> = { ...NO_STATS };
  for (const attempt of attempts) for (const counter of countersFor(attempt)) counts[counter] += 1;
  return counts;
};

describe('what an attempt counts as', () => {
  it.each<readonly [string, Attempt, readonly StatsCounter[]]>([
    ['a success', {}, ['succeeded', 'latency_1']],
    ['a recovery', { trigger: 'recovery' }, ['succeeded', 'latency_1']],
    ['an error', { outcome: { kind: 'http_status', status: 500 } }, ['http_status', 'latency_1']],
    ['a crash', { outcome: { kind: 'interrupted' }, duration_ms: null }, ['interrupted', 'server_faults']],
    [
      'a refused address',
      { outcome: { kind: 'address_blocked', code: 'x' } },
      ['address_blocked', 'server_faults'],
    ],
    [
      'a silent resolver',
      { outcome: { kind: 'interrupted', fault: 'RESOLVER_DOWN' } },
      ['interrupted', 'server_faults'],
    ],
    ['a silent zone', { outcome: { kind: 'timeout', phase: 'dns' } }, ['timeout', 'latency_1']],
    ['an unknown name', { outcome: { kind: 'dns_failed', code: 'ENOTFOUND' } }, ['dns_failed', 'latency_1']],
    ['no measurement', { outcome: { kind: 'tls_failed', code: 'x' }, duration_ms: null }, ['tls_failed']],
    ['a manual retry', { trigger: 'manual' }, ['on_demand_succeeded']],
    ['a failed ping', { trigger: 'ping', outcome: { kind: 'interrupted' } }, ['on_demand_failed']],
    ['a test', { trigger: 'test' }, ['on_demand_succeeded']],
    ['a validation', { trigger: 'validate' }, ['on_demand_succeeded']],
    ['the fastest', { duration_ms: 0 }, ['succeeded', 'latency_0']],
    ['the slowest', { duration_ms: 1e9 }, ['succeeded', 'latency_23']],
  ])('%s', (_, attempt, expected) => {
    expect(countersFor(attempt)).toEqual(expected);
  });

  it('the success rate leaves out server faults and attempts on demand', () => {
    const attempts: readonly Attempt[] = [
      {},
      {},
      {},
      { outcome: { kind: 'http_status', status: 500 } },
      { outcome: { kind: 'interrupted' } },
      { trigger: 'test' },
      { trigger: 'manual', outcome: { kind: 'timeout', phase: 'headers' } },
    ];
    expect(summaryOf(count(attempts))).toEqual({
      attempts: 5,
      succeeded: 3,
      failed: 1,
      server_faults: 1,
      success_rate: 0.75,
    });
    expect(summaryOf(NO_STATS)).toMatchObject({ attempts: 0, success_rate: null });
  });
});

const countDurations = (durations: readonly number[]) =>
  count(durations.map((duration_ms) => ({ duration_ms })));

/** Random durations with medians from 2 ms to 20 s, narrow and wide, and one of two humps. */
const samples = (): readonly (readonly number[])[] => {
  const random = createSeededRandom(7).roll;
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const around = (median: number, spread: number) => () =>
    Math.min(59_000, median * Math.exp(spread * normal()));
  const all = [2, 30, 400, 5_000, 20_000].flatMap((median) => [around(median, 0.1), around(median, 1)]);
  const humps = () => (random() < 0.9 ? around(40, 0.2)() : around(9_000, 0.3)());
  return [...all, humps].map((draw) => Array.from({ length: 5_000 }, draw));
};

const QUANTILES = [0.5, 0.95, 0.99];

describe('latency quantiles', () => {
  it('are off by less than half of the exact value, or by less than 8 ms', () => {
    let worst = 0;
    for (const durations of samples()) {
      const sorted = durations.toSorted((a, b) => a - b);
      const counts = countDurations(durations);
      for (const q of QUANTILES) {
        const exact = sorted[Math.ceil(q * sorted.length) - 1]!;
        const error = Math.abs(latencyQuantile(counts, q)! - exact);
        if (error >= 8) worst = Math.max(worst, error / exact);
      }
    }
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThan(0.5);
  });

  it('of a sum are those of all attempts together', () => {
    const [one = [], two = []] = samples();
    const together = countDurations([...one, ...two]);
    const sum = addStats(countDurations(one), countDurations(two));
    for (const q of QUANTILES) expect(latencyQuantile(sum, q)).toBe(latencyQuantile(together, q));
  });

  it('do not exist without a measured attempt', () => {
    expect(latencyQuantile(count([{ duration_ms: null }, { trigger: 'ping' }]), 0.5)).toBe(null);
  });
});
