import type { Tenant } from '@bellwire/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { useFilters } from '../../data/address.ts';
import { useBellwire } from '../../data/client.tsx';
import { Failure } from '../../data/errors.tsx';
import { usePathName } from '../../data/path-name.ts';
import { Button } from '../../design/button.tsx';
import { Loading } from '../../design/loading.tsx';
import { Segments } from '../../design/segments.tsx';
import { Page } from '../../shell/page.tsx';
import { RANGE_OPTIONS, rangeOf } from '../health/ranges.ts';
import { StatsCharts, StatsFigures } from '../health/stats-view.tsx';
import { useStats } from '../health/use-stats.ts';
import { EraseTenant } from './erase-tenant.tsx';
import { ErasureProgress } from './erasure-progress.tsx';
import { TenantHooks } from './tenant-hooks.tsx';
import { TenantLimits } from './tenant-limits.tsx';
import { TenantMetadata } from './tenant-metadata.tsx';

/** One customer: how sending goes, its webhooks, and its erasure. */
export const TenantPage = () => {
  const tenant = usePathName();
  const bellwire = useBellwire();
  const [filters, change] = useFilters();
  const [erasing, setErasing] = useState(false);
  const range = rangeOf(filters['range']);
  const erasure = filters['erasure'];
  const { data, error, refetch } = useQuery<Tenant>({
    queryKey: ['tenants', 'one', tenant],
    queryFn: ({ signal }) => bellwire.tenants.get(tenant, { signal }),
  });
  return (
    <Page
      title={tenant}
      tools={
        <>
          <Link href="/tenants">All tenants</Link>
          <Segments
            label="Range of time"
            options={RANGE_OPTIONS}
            selected={range}
            onSelect={(name) => change({ range: name === '1h' ? null : name })}
          />
        </>
      }
      actions={
        data === undefined || error !== null ? undefined : (
          <Button kind="danger" onClick={() => setErasing(true)}>
            Erase…
          </Button>
        )
      }
    >
      <div className="stack-wide">
        {erasure === undefined ? null : <ErasureProgress id={erasure} />}
        {/* After an erasure, there is no tenant to show. */}
        {erasure === undefined ? <Failure error={error} onRetry={() => void refetch()} /> : null}
        {data === undefined && error === null ? <Loading what="the tenant" /> : null}
        {data === undefined || error !== null ? null : <Loaded tenant={data} range={filters['range']} />}
      </div>
      {erasing ? (
        <EraseTenant
          tenant={tenant}
          onClose={() => setErasing(false)}
          onStarted={(id) => {
            setErasing(false);
            change({ erasure: id });
          }}
        />
      ) : null}
    </Page>
  );
};

interface LoadedProps {
  readonly tenant: Tenant;
  readonly range: string | undefined;
}

const Loaded = ({ tenant, range }: LoadedProps) => {
  const { data, error, refetch } = useStats(rangeOf(range), tenant.tenant);
  return (
    <>
      <Failure error={error} onRetry={() => void refetch()} />
      {data === undefined ? null : <StatsFigures stats={data} />}
      <TenantHooks tenant={tenant} />
      {data === undefined ? null : <StatsCharts stats={data} />}
      <TenantLimits key={JSON.stringify(tenant.limits)} tenant={tenant} />
      <TenantMetadata key={JSON.stringify(tenant.metadata)} tenant={tenant} />
    </>
  );
};
