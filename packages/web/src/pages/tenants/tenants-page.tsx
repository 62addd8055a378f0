import type { Tenant } from '@bellwire/client';
import { Link, useLocation } from 'wouter';
import { useFilters } from '../../data/address.ts';
import { useBellwire } from '../../data/client.tsx';
import { Failure } from '../../data/errors.tsx';
import { pathOf } from '../../data/path-name.ts';
import { useList } from '../../data/use-list.ts';
import { Empty } from '../../design/empty.tsx';
import { SearchBox } from '../../design/filter.tsx';
import { type Column, Grid, TwoLines } from '../../design/grid.tsx';
import { Mark } from '../../design/mark.tsx';
import { Ago } from '../../design/time.tsx';
import { Page } from '../../shell/page.tsx';
import { visibleText } from '../../design/visible-text.ts';

/** The state of the webhooks of a tenant in one word: the worst one. */
export const TenantState = ({ hooks }: Pick<Tenant, 'hooks'>) => {
  if (hooks.disabled > 0) return <Mark tone="bad" word={`${hooks.disabled} disabled`} />;
  if (hooks.failing > 0) return <Mark tone="warn" word={`${hooks.failing} failing`} />;
  if (hooks.active > 0) return <Mark tone="ok" word="Working" />;
  if (hooks.paused + hooks.unvalidated > 0) return <Mark tone="held" word="None active" />;
  return <Mark tone="idle" word="No webhook" />;
};

const metadataText = ({ metadata }: Tenant): string =>
  Object.entries(metadata)
    .map(([name, value]) => visibleText(`${name}: ${value}`))
    .join(', ');

const COLUMNS: readonly Column<Tenant>[] = [
  { key: 'state', title: 'State', width: '7.5rem', cell: (row) => <TenantState hooks={row.hooks} /> },
  {
    key: 'tenant',
    title: 'Tenant',
    width: 'minmax(8rem, 4fr)',
    cell: ({ tenant }) => <span title={tenant}>{tenant}</span>,
  },
  {
    key: 'metadata',
    title: 'Metadata',
    width: 'minmax(4rem, 5fr)',
    cell: (row) => <span className="quiet">{metadataText(row) || '–'}</span>,
  },
  { key: 'active', title: 'Active', width: '4rem', is_number: true, cell: ({ hooks }) => hooks.active },
  { key: 'paused', title: 'Paused', width: '4rem', is_number: true, cell: ({ hooks }) => hooks.paused },
  {
    key: 'created',
    title: 'Since',
    width: '4.5rem',
    is_number: true,
    cell: ({ created_at }) => <Ago at={created_at} />,
  },
];

const narrowTenant = (row: Tenant) => (
  <TwoLines
    title={row.tenant}
    state={<TenantState hooks={row.hooks} />}
    detail={metadataText(row)}
    time={`${row.hooks.active} active`}
  />
);

/** The customers of the workspace. */
export const TenantsPage = () => {
  const bellwire = useBellwire();
  const [filters, change] = useFilters();
  const [, navigate] = useLocation();
  const list = useList(['tenants', 'list'], (at, signal) => bellwire.tenants.list(at, { signal }));
  return (
    <Page
      title="Tenants"
      fills
      tools={
        <SearchBox
          label="Open a tenant by its id"
          onSearch={(id) => id !== '' && navigate(pathOf('/tenants', id))}
        />
      }
    >
      <Failure error={list.error} onRetry={list.reload} />
      <Grid
        label="Tenants"
        rows={list.rows}
        columns={COLUMNS}
        keyOf={({ tenant }) => tenant}
        selected={filters['selected'] ?? null}
        onSelect={(tenant) => change({ selected: tenant })}
        onOpen={(tenant) => navigate(pathOf('/tenants', tenant))}
        onEnd={list.more}
        narrowRow={narrowTenant}
        empty={
          list.is_loading ? (
            <Empty title="Loading tenants…" />
          ) : (
            <Empty title="No tenants yet">
              A tenant is one of your customers. The first webhook or event with its id creates it.
              <Link className="button" href="/events/new">
                Send an event
              </Link>
            </Empty>
          )
        }
      />
    </Page>
  );
};
