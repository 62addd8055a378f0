import type { ListedEvent } from '@bellwire/client';
import { type Column, TwoLines } from '../../design/grid.tsx';
import { Ago, Until, useNow } from '../../design/time.tsx';
import { visibleText } from '../../design/visible-text.ts';

const Sent = ({ event: { deliver_at, created_at } }: { readonly event: ListedEvent }) => {
  const now = useNow();
  return deliver_at !== null && Date.parse(deliver_at) > now ? (
    <span className="strong">
      in <Until at={deliver_at} />
    </span>
  ) : (
    <Ago at={created_at} />
  );
};

const Reached = ({ event: { deliveries } }: { readonly event: ListedEvent }) =>
  deliveries === 0 ? <span className="quiet">none</span> : deliveries;

/** The columns of the list of events. */
export const EVENT_COLUMNS: readonly Column<ListedEvent>[] = [
  {
    key: 'type',
    title: 'Event',
    width: 'minmax(8rem, 5fr)',
    cell: ({ type }) => <span title={type}>{type}</span>,
  },
  {
    key: 'tenant',
    title: 'Tenant',
    width: 'minmax(4rem, 3fr)',
    cell: ({ tenant }) => <span className="quiet">{tenant ?? '–'}</span>,
  },
  {
    key: 'key',
    title: 'Idempotency key',
    width: 'minmax(6rem, 5fr)',
    cell: ({ idempotency_key }) => (
      <span className="quiet mono" title={idempotency_key ?? undefined}>
        {idempotency_key === null ? '–' : visibleText(idempotency_key)}
      </span>
    ),
  },
  {
    key: 'deliveries',
    title: 'Webhooks',
    width: '5rem',
    is_number: true,
    cell: (event) => <Reached event={event} />,
  },
  { key: 'ago', title: 'Sent', width: '6rem', is_number: true, cell: (event) => <Sent event={event} /> },
];

/** An event as a row of a narrow page. */
export const narrowEvent = (event: ListedEvent) => (
  <TwoLines
    title={event.type}
    state={<Sent event={event} />}
    detail={[event.tenant, event.idempotency_key].filter((text) => text !== null).join(' · ') || event.id}
    time={event.deliveries === 1 ? '1 webhook' : `${event.deliveries} webhooks`}
  />
);
