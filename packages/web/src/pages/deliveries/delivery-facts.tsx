import type { Delivery } from '@bellwire/client';
import { Link } from 'wouter';
import { Facts } from '../../design/facts.tsx';
import { useArea } from '../../shell/area.ts';
import { useWords } from '../../words/words.ts';
import { visibleText } from '../../design/visible-text.ts';

/** Where the delivery belongs. */
export const DeliveryFacts = ({ delivery, name }: { readonly delivery: Delivery; readonly name: string }) => {
  const { triggers, delivery: words } = useWords();
  const { is_portal } = useArea();
  return (
    <Facts
      facts={[
        [
          words.event,
          is_portal ? (
            <span key="event" className="mono">
              {delivery.event_id}
            </span>
          ) : (
            <Link key="event" className="mono" href={`/events/${delivery.event_id}`}>
              {delivery.event_id}
            </Link>
          ),
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
        ...(delivery.tenant === null || is_portal ? [] : [[words.tenant, delivery.tenant] as const]),
        [words.trigger, triggers[delivery.trigger]],
      ]}
    />
  );
};
