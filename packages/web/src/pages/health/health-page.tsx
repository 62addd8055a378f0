import { useQueryClient } from '@tanstack/react-query';
import { useFilters } from '../../data/address.ts';
import { Failure } from '../../data/errors.tsx';
import { Button } from '../../design/button.tsx';
import { Loading } from '../../design/loading.tsx';
import { Segments } from '../../design/segments.tsx';
import { Page } from '../../shell/page.tsx';
import { FailingHooks } from './failing-hooks.tsx';
import { RANGE_OPTIONS, rangeOf } from './ranges.ts';
import { StatsCharts, StatsFigures } from './stats-view.tsx';
import { SystemFacts } from './system-facts.tsx';
import { useStats } from './use-stats.ts';
import './health-page.css';

/** How sending goes: what fails, how fast, how much waits, and the state of the server. */
export const HealthPage = () => {
  const [filters, change] = useFilters();
  const queries = useQueryClient();
  const range = rangeOf(filters['range']);
  const { data, error, refetch, isFetching } = useStats(range);
  const refresh = (): void => {
    for (const key of ['stats', 'hooks', 'system']) void queries.invalidateQueries({ queryKey: [key] });
  };
  return (
    <Page
      title="Health"
      tools={
        <Segments
          label="Range of time"
          options={RANGE_OPTIONS}
          selected={range}
          onSelect={(name) => change({ range: name === '1h' ? null : name })}
        />
      }
      actions={
        <Button kind="bare" onClick={refresh} aria-busy={isFetching}>
          Refresh
        </Button>
      }
    >
      <div className="stack-wide">
        <Failure error={error} onRetry={() => void refetch()} />
        {data === undefined && error === null ? <Loading what="the statistics" /> : null}
        {data === undefined ? null : <StatsFigures stats={data} />}
        <FailingHooks />
        {data === undefined ? null : <StatsCharts stats={data} />}
        <SystemFacts />
      </div>
    </Page>
  );
};
