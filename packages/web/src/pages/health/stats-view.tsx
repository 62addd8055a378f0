import type { Stats } from '@bellwire/client';
import { useMemo } from 'react';
import { Chart, type Series } from '../../design/chart.tsx';
import { durationText, longText } from '../../design/durations.ts';
import { Figures } from '../../design/figures.tsx';
import { countText, percentText } from '../../design/numbers.ts';
import { useNow } from '../../design/time.tsx';
import './stats-view.css';

const msText = (ms: number | null): string => (ms === null ? '–' : durationText(ms));

const axisText = (ms: number): string => (ms === 0 ? '0' : durationText(ms));

/** The age of the oldest due delivery, counted on between two answers of the server. */
const OldestDue = ({ backlog }: Pick<Stats, 'backlog'>) => {
  const now = useNow();
  if (backlog.oldest_due_at === null) return 'none is waiting';
  const age = Math.max(backlog.oldest_due_age_ms ?? 0, now - Date.parse(backlog.oldest_due_at));
  return `${backlog.is_exact ? '' : 'at least '}${longText(age)} for the oldest`;
};

/** The numbers of a range, and the backlog now. */
export const StatsFigures = ({ stats }: { readonly stats: Stats }) => {
  const { total, backlog } = stats;
  return (
    <Figures
      label="Statistics"
      figures={[
        {
          name: 'Success',
          value: percentText(total.success_rate),
          note: total.failed === 0 ? 'no attempt failed' : `${countText(total.failed)} failed`,
        },
        { name: 'Attempts', value: countText(total.attempts), note: 'in this range' },
        { name: 'p50', value: msText(total.latency.p50_ms), note: 'half are faster' },
        { name: 'p95', value: msText(total.latency.p95_ms), note: '19 of 20 are faster' },
        { name: 'p99', value: msText(total.latency.p99_ms), note: '99 of 100 are faster' },
        {
          name: 'Due now',
          value: `${backlog.is_exact ? '' : '≥ '}${countText(backlog.due)}`,
          note: <OldestDue backlog={backlog} />,
        },
      ]}
    />
  );
};

const attemptSeries = ({ buckets }: Stats): readonly Series[] => {
  const faults = buckets.map(({ server_faults }) => server_faults);
  return [
    { name: 'Succeeded', tone: 'ok', values: buckets.map(({ succeeded }) => succeeded) },
    { name: 'Failed', tone: 'bad', values: buckets.map(({ failed }) => failed) },
    ...(faults.some((count) => count > 0)
      ? [{ name: 'Server faults', tone: 'rest', values: faults } as const]
      : []),
  ];
};

const latencySeries = ({ buckets }: Stats): readonly Series[] => [
  { name: 'p50', tone: 'accent', values: buckets.map(({ latency }) => latency.p50_ms) },
  { name: 'p95', tone: 'text', values: buckets.map(({ latency }) => latency.p95_ms) },
  { name: 'p99', tone: 'rest', values: buckets.map(({ latency }) => latency.p99_ms) },
];

const STEPS: Readonly<Record<string, string>> = { '1m': 'minute', '15m': '15 minutes', '1h': 'hour' };

/** Attempts and latency over time. */
export const StatsCharts = ({ stats }: { readonly stats: Stats }) => {
  const { buckets, step } = stats;
  const xs = useMemo(() => buckets.map(({ start }) => Date.parse(start)), [buckets]);
  const attempts = useMemo(() => attemptSeries(stats), [stats]);
  const latency = useMemo(() => latencySeries(stats), [stats]);
  return (
    <div className="stats-charts">
      <Chart label={`Attempts by ${STEPS[step] ?? step}`} xs={xs} series={attempts} kind="bars" />
      <Chart label="Latency" xs={xs} series={latency} format={axisText} />
    </div>
  );
};
