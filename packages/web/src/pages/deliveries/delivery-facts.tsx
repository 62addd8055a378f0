import type { Delivery } from '@bellwire/client';
import { Link } from 'wouter';
import { Facts } from '../../design/facts.tsx';
import { useWords } from '../../words/words.ts';
import { visibleText } from '../../design/visible-text.ts';

/** Where the delivery belongs. */
export const DeliveryFacts = ({ delivery, name }: { readonly delivery: Delivery; readonly name: string }) => {
  const words = useWords().delivery;
  return (
    <Facts
      facts={[
        [
          words.event,
          <Link key="event" className="mono" href={`/events/${delivery.event_id}`}>
            {delivery.event_id}
          </Link>,
        ],
        [
          words.webhook,
          <Link key="hook" href={`/webhooks/${delivery.hook_id}`}>
            {name}
          </Link>,
        ],
        ...(delivery.url === null
          ? []
          : [
              [
                words.sent_to,
                <span key="url" className="mono">
                  {visibleText(delivery.url)}
                </span>,
              ] as const,
            ]),
        ...(delivery.tenant === null ? [] : [[words.tenant, delivery.tenant] as const]),
        [words.trigger, delivery.trigger],
      ]}
    />
  );
};
