import { hasSchedule, type Trigger } from './event.ts';
import { isReceiversFault, type Outcome, type OutcomeKind, outcomeKinds } from './outcome.ts';

/** Latency bins. The first one ends at `FIRST_EDGE_MS`, and each edge is `EDGE_RATIO` times the one before. */
export const latencyCounters = [
  'latency_0',
  'latency_1',
  'latency_2',
  'latency_3',
  'latency_4',
  'latency_5',
  'latency_6',
  'latency_7',
  'latency_8',
  'latency_9',
  'latency_10',
  'latency_11',
  'latency_12',
  'latency_13',
  'latency_14',
  'latency_15',
  'latency_16',
  'latency_17',
  'latency_18',
  'latency_19',
  'latency_20',
  'latency_21',
  'latency_22',
  'latency_23',
] as const;
const FIRST_EDGE_MS = 8;
const EDGE_RATIO = 1.5;

/**
 * The counters of a bucket. Attempts of the schedule and of recoveries by outcome; of these, the failures on our side
 * (`server_faults`) and the latencies of the others. Attempts that a call requested (manual retries, tests, pings,
 * validations) are only in `on_demand_*`.
 */
export type StatsCounter =
  | OutcomeKind
  | 'server_faults'
  | 'on_demand_succeeded'
  | 'on_demand_failed'
  | (typeof latencyCounters)[number];

export const statsCounters: readonly StatsCounter[] = [
  ...outcomeKinds,
  'server_faults',
  'on_demand_succeeded',
  'on_demand_failed',
  ...latencyCounters,
];

export type StatsCounts = Readonly<Record<StatsCounter, number>>;

/** The lower end of a bin in milliseconds; that of the bin after the last one is where quantiles end. */
const startOf = (bin: number): number => (bin === 0 ? 0 : FIRST_EDGE_MS * EDGE_RATIO ** (bin - 1));

/** The bin of a duration: the first one below 8 ms, the last one from about 60 s. */
const latencyCounter = (duration_ms: number): StatsCounter => {
  if (duration_ms < FIRST_EDGE_MS) return 'latency_0';
  const bin = 1 + Math.floor(Math.log(duration_ms / FIRST_EDGE_MS) / Math.log(EDGE_RATIO));
  return latencyCounters[bin] ?? 'latency_23';
};

interface CountedAttempt {
  readonly trigger: Trigger;
  readonly outcome: Outcome;
  /** Null if nothing was measured. */
  readonly duration_ms: number | null;
}

/** The counters that an attempt increments. */
export const countersOf = ({ trigger, outcome, duration_ms }: CountedAttempt): readonly StatsCounter[] => {
  const has_succeeded = outcome.kind === 'succeeded';
  if (!hasSchedule(trigger)) return [has_succeeded ? 'on_demand_succeeded' : 'on_demand_failed'];
  if (!has_succeeded && !isReceiversFault(outcome)) return [outcome.kind, 'server_faults'];
  return duration_ms === null ? [outcome.kind] : [outcome.kind, latencyCounter(duration_ms)];
};

/**
 * The quantile `q` of the latencies of a bucket in milliseconds, interpolated within its bin; null without any. Off by
 * less than 8 ms below 8 ms, and by less than half of the exact value above.
 */
export const latencyQuantile = (counts: StatsCounts, q: number): number | null => {
  const bins = latencyCounters.map((counter) => counts[counter]);
  const total = bins.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil(q * total));
  let below = 0;
  for (const [bin, count] of bins.entries()) {
    if (count > 0 && below + count >= rank) {
      const [start, end] = [startOf(bin), startOf(bin + 1)];
      const share = (rank - below - 0.5) / count;
      // Within a bin of a logarithmic scale, the logarithm is interpolated.
      return bin === 0 ? end * share : start * (end / start) ** share;
    }
    below += count;
  }
  return null;
};

/** The sums of a bucket that its counters imply. */
export const summaryOf = (counts: StatsCounts) => {
  const attempts = outcomeKinds.reduce((sum, kind) => sum + counts[kind], 0);
  const { succeeded, server_faults } = counts;
  const failed = attempts - succeeded - server_faults;
  const answered = succeeded + failed;
  return {
    attempts,
    succeeded,
    failed,
    server_faults,
    success_rate: answered === 0 ? null : succeeded / answered,
  };
};

export const NO_STATS: StatsCounts = Object.fromEntries(
  statsCounters.map((counter) => [counter, 0]),
) as unknown as StatsCounts;

export const addStats = (left: StatsCounts, right: StatsCounts): StatsCounts =>
  Object.fromEntries(
    statsCounters.map((counter) => [counter, left[counter] + right[counter]]),
  ) as unknown as StatsCounts;
