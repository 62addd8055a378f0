import type { Event } from '@bellwire/client';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { useBellwire } from '../../data/client.tsx';
import { Failure } from '../../data/errors.tsx';
import { Mark } from '../../design/mark.tsx';
import { Notice } from '../../design/notice.tsx';
import { visibleText } from '../../design/visible-text.ts';
import { useWords } from '../../words/words.ts';
import { useNames } from '../deliveries/hook-names.ts';
import { stateOf, toneOf } from '../deliveries/state.ts';
import './event-deliveries.css';

const MAX_SHOWN = 20;

/** Where an event went: one line for each webhook. */
export const EventDeliveries = ({ event }: { readonly event: Event }) => {
  const bellwire = useBellwire();
  const words = useWords();
  const nameOf = useNames();
  const { data, error, refetch } = useQuery({
    queryKey: ['deliveries', 'of_event', event.id],
    queryFn: async ({ signal }) =>
      (await bellwire.deliveries.list({ event_id: event.id, limit: MAX_SHOWN }, { signal })).data,
  });
  if (event.deliveries === 0)
    return (
      <Notice tone="idle" title="It reached no webhook">
        No active webhook subscribed to {event.type}
        {event.tenant === null ? '' : ` of the tenant ${event.tenant}`} when it was sent.{' '}
        <Link href="/webhooks">Subscribe one</Link>, then recover what it missed.
      </Notice>
    );
  return (
    <section className="stack" aria-label="Deliveries">
      <h3>{event.deliveries === 1 ? '1 delivery' : `${event.deliveries} deliveries`}</h3>
      <Failure error={error} onRetry={() => void refetch()} />
      <ul className="event-deliveries">
        {data?.map((delivery) => (
          <li key={delivery.id}>
            <Mark tone={toneOf(stateOf(delivery))} word={words.status[stateOf(delivery)]} />
            <Link className="cut" href={`/deliveries/${delivery.id}`}>
              {visibleText(nameOf(delivery))}
            </Link>
            <span className="quiet number">{delivery.last_status ?? ''}</span>
          </li>
        ))}
      </ul>
      {event.deliveries > 1 ? (
        <Link href={`/deliveries?event_id=${event.id}`}>Open all in Deliveries</Link>
      ) : null}
    </section>
  );
};
