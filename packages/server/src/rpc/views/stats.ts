import { z } from 'zod';
import {
  addStats,
  latencyQuantile,
  NO_STATS,
  type StatsCounts,
  summaryOf,
} from '../../core/attempt-stats.ts';
import { type OutcomeKind, outcomeKinds } from '../../core/outcome.ts';
import { type StatsRange, stepText } from '../../core/stats-range.ts';
import type { Backlog } from '../../ports/stats.ts';
import { described } from '../fields.ts';
import { iso, isoOrNull, shownTime, shownTimeOrNull } from './shown.ts';

const count = (description: string, example: number) => described(z.int(), description, example);
const milliseconds = (description: string, example: number) =>
  described(z.number().nullable(), description, example);

const COUNTED: Partial<Record<OutcomeKind, number>> = { succeeded: 1180, http_status: 18, timeout: 2 };

const outcomes = Object.fromEntries(
  outcomeKinds.map((kind) => [kind, count(`Attempts with the outcome \`${kind}\`.`, COUNTED[kind] ?? 0)]),
) as Record<OutcomeKind, z.ZodInt>;

const counts = {
  attempts: count('Attempts on the schedule and of recoveries.', 1200),
  succeeded: count('Attempts that succeeded.', 1180),
  failed: count('Attempts that failed because of the receiver.', 20),
  server_faults: count(
    'Attempts that failed because of the server: interrupted by a crash or a lack of resources, DNS servers that did not answer at all, or an address that the policy refuses.',
    0,
  ),
  success_rate: described(
    z.number().nullable(),
    '`succeeded` divided by `succeeded` and `failed`; null without any.',
    0.9833,
  ),
  outcomes: z.object(outcomes).meta({ description: 'The attempts by outcome.' }),
  latency: z
    .object({
      p50_ms: milliseconds('The median.', 61.4),
      p95_ms: milliseconds('The 95th percentile.', 240.7),
      p99_ms: milliseconds('The 99th percentile.', 910.3),
    })
    .meta({
      description:
        'The duration of the attempts in milliseconds, without server faults; null without any. From a histogram: off by less than half of the exact value, or by less than 8 ms.',
    }),
  on_demand: z
    .object({
      succeeded: count('Those that succeeded.', 1),
      failed: count('Those that failed.', 0),
    })
    .meta({
      description: 'Manual retries, tests, pings and validations, which no other count includes.',
    }),
};

export const statsView = z
  .object({
    from: shownTime(
      'The start of the first bucket: `from`, rounded down to a whole step.',
      '2026-11-21T10:00:00.000Z',
    ),
    to: shownTime(
      'The end of the last bucket: `to`, rounded up to a whole step.',
      '2026-11-21T11:00:00.000Z',
    ),
    step: described(z.string(), 'The length of a bucket.', '1h'),
    backlog: z
      .object({
        due: count(
          'Deliveries that are due and not yet being sent. Retries that are due later do not count.',
          12,
        ),
        oldest_due_at: shownTimeOrNull('When the longest due one was due; null if none is.'),
        oldest_due_age_ms: described(z.int().nullable(), 'The time since then in milliseconds.', 4_200),
        is_exact: described(
          z.boolean(),
          'False if more than 10,000 deliveries are due, or more than 2,000 hooks have pending ones: `due` and the age are then lower bounds.',
          true,
        ),
      })
      .meta({ description: 'The state now, regardless of the range.' }),
    total: z.object(counts).meta({ description: 'The whole range.' }),
    buckets: described(
      z.array(
        z
          .object({ start: shownTime('The start of the bucket.', '2026-11-21T10:00:00.000Z'), ...counts })
          .meta({ description: 'The attempts that were recorded from `start` on, for one step.' }),
      ),
      'Every bucket of the range, oldest first, also those without attempts.',
      [],
    ).meta({ examples: undefined }),
  })
  .meta({ id: 'Stats', description: 'Counted attempts, their latency, and the backlog.' });

/** To a tenth of a millisecond, which is more than the histogram knows. */
const rounded = (ms: number | null): number | null => (ms === null ? null : Math.round(ms * 10) / 10);

const viewCounts = (stats: StatsCounts) => ({
  ...summaryOf(stats),
  outcomes: Object.fromEntries(outcomeKinds.map((kind) => [kind, stats[kind]])) as Record<
    OutcomeKind,
    number
  >,
  latency: {
    p50_ms: rounded(latencyQuantile(stats, 0.5)),
    p95_ms: rounded(latencyQuantile(stats, 0.95)),
    p99_ms: rounded(latencyQuantile(stats, 0.99)),
  },
  on_demand: { succeeded: stats.on_demand_succeeded, failed: stats.on_demand_failed },
});

export interface ReadStats {
  readonly range: StatsRange;
  readonly buckets: ReadonlyMap<number, StatsCounts>;
  readonly backlog: Backlog;
  readonly now: number;
}

export const viewStats = ({ range, buckets, backlog, now }: ReadStats): z.infer<typeof statsView> => {
  const { from, to, step_ms } = range;
  const starts = Array.from({ length: (to - from) / step_ms }, (_, index) => from + index * step_ms);
  const { oldest_due_at } = backlog;
  return {
    from: iso(from),
    to: iso(to),
    step: stepText(step_ms),
    backlog: {
      due: backlog.due,
      oldest_due_at: isoOrNull(oldest_due_at),
      oldest_due_age_ms: oldest_due_at === null ? null : Math.max(0, now - oldest_due_at),
      is_exact: backlog.is_exact,
    },
    total: viewCounts([...buckets.values()].reduce(addStats, NO_STATS)),
    buckets: starts.map((start) => ({ start: iso(start), ...viewCounts(buckets.get(start) ?? NO_STATS) })),
  };
};
