import type { Hook, Stats } from '@bellwire/client';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { useFilters } from '../../../data/address.ts';
import { useBellwire } from '../../../data/client.tsx';
import { Failure } from '../../../data/errors.tsx';
import { durationText } from '../../../design/durations.ts';
import { numberText } from '../../../design/locale.ts';
import { Segments } from '../../../design/segments.tsx';
import { useWords } from '../../../words/words.ts';
import { percentText } from '../list/percent.ts';
import { type Range, rangeOf, ranges } from './ranges.ts';
import './health.css';

const HealthChart = lazy(async () => ({ default: (await import('./health-chart.tsx')).HealthChart }));

const useStats = (hook_id: string, { key, length_ms, step }: Range) => {
  const bellwire = useBellwire();
  return useQuery({
    queryKey: ['hooks', hook_id, 'stats', key],
    queryFn: ({ signal }) =>
      bellwire.hooks.stats(
        hook_id,
        { from: new Date(Date.now() - length_ms).toISOString(), step },
        { signal },
      ),
    placeholderData: (before) => before,
  });
};

/** Attempts and latency of a hook over time. The address has the range. */
export const Health = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords().hook.health;
  const [filters, change] = useFilters();
  const range = rangeOf(filters['range']);
  const { data, error, refetch } = useStats(hook.id, range);
  return (
    <section aria-label={words.title}>
      <div className="section-head">
        <h2>{words.title}</h2>
        <Segments
          label={words.range}
          options={ranges.map(({ key }) => [key, words.ranges[key]])}
          selected={range.key}
          onSelect={(key) => change({ range: key === '24h' ? null : key })}
        />
      </div>
      <Failure error={error} onRetry={() => void refetch()} />
      {data === undefined ? null : <Summary stats={data} />}
      {data?.total.attempts === 0 ? null : (
        <div className="health-chart">
          {data === undefined ? null : (
            <Suspense fallback={null}>
              <HealthChart stats={data} />
            </Suspense>
          )}
        </div>
      )}
    </section>
  );
};

/** The chart in words, for everybody. */
const Summary = ({ stats }: { readonly stats: Stats }) => {
  const words = useWords().hook.health;
  const { attempts, success_rate, latency } = stats.total;
  if (attempts === 0) return <p className="quiet">{words.none}</p>;
  const percent = success_rate === null ? '–' : percentText(success_rate);
  const p95 = latency.p95_ms === null ? '–' : durationText(latency.p95_ms);
  return (
    <p className="health-summary">
      {words.summary(numberText(attempts), percent, p95)}
      {stats.backlog.due === 0 ? '' : `, ${words.due(numberText(stats.backlog.due))}`}
      <span className="health-legend" aria-hidden="true">
        <span className="legend-ok">{words.succeeded}</span>
        <span className="legend-bad">{words.failed}</span>
        <span className="legend-p95">{words.p95}</span>
      </span>
    </p>
  );
};
