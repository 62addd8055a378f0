import type { Event } from '@bellwire/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { useBellwire } from '../../data/client.tsx';
import { Failure } from '../../data/errors.tsx';
import { Button } from '../../design/button.tsx';
import { Body } from '../../design/code.tsx';
import { CopyButton } from '../../design/copy.tsx';
import { Facts } from '../../design/facts.tsx';
import { Loading } from '../../design/loading.tsx';
import { useNarrow } from '../../design/media.ts';
import { Notice } from '../../design/notice.tsx';
import { Clock, Until } from '../../design/time.tsx';
import { visibleText } from '../../design/visible-text.ts';
import { EraseEvent } from './erase-event.tsx';
import { EventDeliveries } from './event-deliveries.tsx';
import './event-detail.css';

interface EventDetailProps {
  readonly id: string;
  readonly onClose: () => void;
}

/** One event: its data, and where it went. */
export const EventDetail = ({ id, onClose }: EventDetailProps) => {
  const bellwire = useBellwire();
  const narrow = useNarrow();
  const { data, error, refetch } = useQuery({
    queryKey: ['events', 'one', id],
    queryFn: ({ signal }) => bellwire.events.get(id, { signal }),
  });
  return (
    <aside className="detail" aria-label={data === undefined ? id : `Event ${data.type}`}>
      <div className="detail-top">
        <div>
          <h2 className="break">{data?.type ?? 'Event'}</h2>
          <span className="mono quiet break">{id}</span>
        </div>
        <Button kind="bare" onClick={onClose}>
          {narrow ? '‹ Events' : 'Close'}
        </Button>
      </div>
      <Failure error={error} onRetry={() => void refetch()} />
      {data === undefined && error === null ? <Loading what="the event" /> : null}
      {data === undefined ? null : <Loaded event={data} onErased={onClose} />}
    </aside>
  );
};

const Loaded = ({ event, onErased }: { readonly event: Event; readonly onErased: () => void }) => {
  const [erasing, setErasing] = useState(false);
  return (
    <div className="stack-wide">
      <div className="inline">
        <CopyButton text={location.href} label="Copy link" />
        <Link className="button" href={`/events/new?type=${encodeURIComponent(event.type)}`}>
          Send another
        </Link>
        <Button kind="danger" onClick={() => setErasing(true)}>
          Erase…
        </Button>
      </div>
      {erasing ? <EraseEvent event={event} onClose={() => setErasing(false)} onErased={onErased} /> : null}
      <EventDeliveries event={event} />
      <Data event={event} />
      <EventFacts event={event} />
    </div>
  );
};

const Data = ({ event: { data, previous_data, payload_expired_at } }: { readonly event: Event }) => (
  <>
    {payload_expired_at === null ? null : (
      <Notice tone="idle" title="The data was removed">
        The server keeps the data of finished events for a shorter time than the events:{' '}
        <Link href="/settings?q=payload">see its settings</Link>.
      </Notice>
    )}
    {data === null ? null : <Body label="Data" text={JSON.stringify(data)} />}
    {previous_data === null ? null : (
      <Body label="Data before the change" text={JSON.stringify(previous_data)} />
    )}
  </>
);

const EventFacts = ({ event }: { readonly event: Event }) => (
  <Facts
    facts={[
      ['Occurred at', <Clock key="occurred" at={event.occurred_at} />],
      ['Accepted at', <Clock key="created" at={event.created_at} />],
      ...(event.deliver_at === null
        ? []
        : [['Sent in', <Until key="deliver" at={event.deliver_at} />] as const]),
      ...(event.tenant === null
        ? []
        : [
            [
              'Tenant',
              <Link key="tenant" href={`/tenants/${encodeURIComponent(event.tenant)}`}>
                {event.tenant}
              </Link>,
            ] as const,
          ]),
      ...(event.idempotency_key === null
        ? []
        : [
            [
              'Idempotency key',
              <span key="key" className="mono">
                {visibleText(event.idempotency_key)}
              </span>,
            ] as const,
          ]),
      ...Object.entries(event.metadata).map(
        ([name, value]) =>
          [
            visibleText(name),
            <Link key={name} href={`/events?metadata=${encodeURIComponent(`${name}=${value}`)}`}>
              {visibleText(value)}
            </Link>,
          ] as const,
      ),
    ]}
  />
);
