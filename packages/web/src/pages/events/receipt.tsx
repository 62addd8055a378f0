import type { EventReceipt } from '@bellwire/client';
import { Link } from 'wouter';
import { Notice } from '../../design/notice.tsx';
import { Until } from '../../design/time.tsx';

/** What the server has accepted, where it goes, and what is probably not intended. */
export const Receipt = ({ receipt }: { readonly receipt: EventReceipt }) => (
  <div className="stack">
    <Notice
      tone={receipt.deliveries === 0 ? 'idle' : 'ok'}
      live
      title={
        receipt.deliveries === 1
          ? 'Accepted for 1 webhook'
          : `Accepted for ${receipt.deliveries === 0 ? 'no webhook' : `${receipt.deliveries} webhooks`}`
      }
    >
      <p>
        <Link className="mono" href={`/events/${receipt.id}`}>
          {receipt.id}
        </Link>
        {receipt.deliver_at === null ? null : (
          <>
            , sent in <Until at={receipt.deliver_at} />
          </>
        )}
      </p>
      {receipt.deliveries === 0 ? null : (
        <p>
          <Link href={`/deliveries?event_id=${receipt.id}`}>Its deliveries</Link>
        </p>
      )}
    </Notice>
    {receipt.warnings.map(({ code, message }) => (
      <Notice key={code} tone="warn" title={message}>
        {code === 'no_hook_subscribed' ? (
          <Link href="/webhooks">Webhooks</Link>
        ) : code === 'unknown_event_type' ? (
          <Link href="/catalog">Event catalog</Link>
        ) : undefined}
      </Notice>
    ))}
  </div>
);
