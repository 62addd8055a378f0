import type { EventType, Hook } from '@bellwire/client';
import { useMemo } from 'react';
import { Link, useLocation } from 'wouter';
import { useFilters } from '../../data/address.ts';
import { Failure } from '../../data/errors.tsx';
import { pathOf } from '../../data/path-name.ts';
import { Empty } from '../../design/empty.tsx';
import { Chip, SearchBox } from '../../design/filter.tsx';
import { type Column, Grid, TwoLines } from '../../design/grid.tsx';
import { Ago } from '../../design/time.tsx';
import { Page } from '../../shell/page.tsx';
import { useHooks } from '../deliveries/hook-names.ts';
import { NewType } from './new-type.tsx';
import { subscribersOf } from './subscribers.ts';
import { useTypes } from './use-types.ts';
import { visibleText } from '../../design/visible-text.ts';

const columnsOf = (hooks: readonly Hook[]): readonly Column<EventType>[] => [
  {
    key: 'name',
    title: 'Event type',
    width: 'minmax(9rem, 4fr)',
    cell: ({ name }) => <span title={name}>{name}</span>,
  },
  {
    key: 'description',
    title: 'Description',
    width: 'minmax(6rem, 7fr)',
    cell: ({ description }) => (
      <span className="quiet">{description === '' ? '–' : visibleText(description)}</span>
    ),
  },
  {
    key: 'schema',
    title: 'Schema',
    width: '5rem',
    cell: ({ schema }) => (schema === null ? <span className="quiet">none</span> : 'checked'),
  },
  {
    key: 'hooks',
    title: 'Webhooks',
    width: '5rem',
    is_number: true,
    cell: ({ name }) => subscribersOf(hooks, name).length,
  },
  {
    key: 'updated',
    title: 'Changed',
    width: '4.5rem',
    is_number: true,
    cell: ({ updated_at }) => <Ago at={updated_at} />,
  },
];

const found = (types: readonly EventType[], search: string | undefined): readonly EventType[] => {
  const text = search?.toLowerCase() ?? '';
  return types.filter(({ name, description }) => `${name} ${description}`.toLowerCase().includes(text));
};

/** The event types of the workspace, and the form for a new one. */
export const CatalogPage = () => {
  const [filters] = useFilters();
  return filters['new'] === undefined ? <Catalog /> : <NewType />;
};

const Catalog = () => {
  const [filters, change] = useFilters();
  const [, navigate] = useLocation();
  const { data, error, refetch } = useTypes();
  const hooks = useHooks();
  const columns = useMemo(() => columnsOf(hooks), [hooks]);
  const selected = filters['selected'] ?? null;
  const rows = found(data ?? [], filters['q']);
  return (
    <Page
      title="Event catalog"
      fills
      tools={
        <>
          <SearchBox label="Search by name or description" onSearch={(q) => change({ q })} />
          {filters['q'] === undefined ? null : (
            <Chip label="Contains" value={filters['q']} onClear={() => change({ q: null })} />
          )}
        </>
      }
      actions={
        <Link className="button button-primary" href="/catalog?new">
          New event type
        </Link>
      }
    >
      <Failure error={error} onRetry={() => void refetch()} />
      <Grid
        label="Event types"
        rows={rows}
        columns={columns}
        keyOf={({ name }) => name}
        selected={selected}
        onSelect={(name) => change({ selected: name })}
        onOpen={(name) => navigate(pathOf('/catalog', name))}
        narrowRow={(type) => (
          <TwoLines
            title={type.name}
            state={type.schema === null ? <span className="quiet">no schema</span> : 'checked'}
            detail={visibleText(type.description)}
            time={<Ago at={type.updated_at} />}
          />
        )}
        empty={<NoTypes is_loading={data === undefined} is_filtered={filters['q'] !== undefined} />}
      />
    </Page>
  );
};

interface NoTypesProps {
  readonly is_loading: boolean;
  readonly is_filtered: boolean;
}

const NoTypes = ({ is_loading, is_filtered }: NoTypesProps) => {
  if (is_loading) return <Empty title="Loading the catalog…" />;
  if (is_filtered)
    return (
      <Empty title="No event type matches the search">
        <Link className="button" href="/catalog">
          Show all
        </Link>
      </Empty>
    );
  return (
    <Empty title="The catalog is empty">
      Receivers choose their events here, and the server checks the data of each event against the schema of
      its type.
      <Link className="button" href="/catalog?new">
        New event type
      </Link>
    </Empty>
  );
};
