import { useMemo } from 'react';
import { Link, useLocation, useParams, useSearch } from 'wouter';
import { type Filters, useFilters } from '../../data/address.ts';
import { Failure } from '../../data/errors.tsx';
import { Button } from '../../design/button.tsx';
import { Empty } from '../../design/empty.tsx';
import { Grid } from '../../design/grid.tsx';
import { useNarrow } from '../../design/media.ts';
import { Page } from '../../shell/page.tsx';
import { EVENT_COLUMNS, narrowEvent } from './columns.tsx';
import { EventDetail } from './event-detail.tsx';
import { EventFilters } from './event-filters.tsx';
import { EVENT_FILTERS, toEventQuery } from './query.ts';
import { useEvents } from './use-events.ts';

/** The list of events, and beside it the one that the address names. */
export const EventsPage = () => {
  const [filters, change] = useFilters();
  const search = useSearch();
  const [, navigate] = useLocation();
  const { id = null } = useParams();
  const narrow = useNarrow();
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- the filters are those of the address
  const query = useMemo(() => toEventQuery(filters), [search]);
  const list = useEvents(query);
  const go = (path: string, replace: boolean): void =>
    navigate(search === '' ? path : `${path}?${search}`, { replace });
  const detail = id === null ? null : <EventDetail key={id} id={id} onClose={() => go('/events', false)} />;
  if (narrow && detail !== null) return detail;
  return (
    <Page
      title="Events"
      fills
      tools={<EventFilters filters={filters} change={change} />}
      actions={
        <Link className="button button-primary" href="/events/new">
          Send an event
        </Link>
      }
    >
      <div className="deliveries">
        <div className="deliveries-list">
          <Failure error={list.error} onRetry={list.reload} />
          <Grid
            label="Events"
            rows={list.rows}
            columns={EVENT_COLUMNS}
            keyOf={(event) => event.id}
            selected={id}
            onSelect={(key) => go(`/events/${key}`, id !== null)}
            onEnd={list.more}
            narrowRow={narrowEvent}
            empty={<NoEvents is_loading={list.is_loading} filters={filters} change={change} />}
          />
        </div>
        {detail}
      </div>
    </Page>
  );
};

interface NoEventsProps {
  readonly is_loading: boolean;
  readonly filters: Filters;
  readonly change: (changes: Readonly<Record<string, string | null>>) => void;
}

const NoEvents = ({ is_loading, filters, change }: NoEventsProps) => {
  if (is_loading) return <Empty title="Loading events…" />;
  if (EVENT_FILTERS.every((name) => filters[name] === undefined))
    return (
      <Empty title="No events yet">
        Your application sends events with POST /v1/events. You can also send one here.
        <Link className="button" href="/events/new">
          Send an event
        </Link>
      </Empty>
    );
  return (
    <Empty title="No event matches the filters">
      Events are deleted after the retention period, so an old one may be gone.
      <Button onClick={() => change(Object.fromEntries(EVENT_FILTERS.map((name) => [name, null])))}>
        Clear the filters
      </Button>
    </Empty>
  );
};
