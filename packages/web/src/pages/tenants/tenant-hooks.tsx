import type { Hook, Tenant } from '@bellwire/client';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { useBellwire } from '../../data/client.tsx';
import { Failure } from '../../data/errors.tsx';
import { SubscriberList } from '../catalog/subscribers-list.tsx';

const subscriberOf = (hook: Hook) => ({ hook, entry: '' });

/** The webhooks of a tenant, and where to find what was sent to it. */
export const TenantHooks = ({ tenant: { tenant } }: { readonly tenant: Tenant }) => {
  const bellwire = useBellwire();
  const { data, error, refetch } = useQuery({
    queryKey: ['hooks', 'of_tenant', tenant],
    queryFn: async ({ signal }) => (await bellwire.hooks.list({ tenant, limit: 100 }, { signal })).data,
  });
  const filter = `tenant=${encodeURIComponent(tenant)}`;
  return (
    <section className="stack" aria-label="Webhooks">
      <h2>Webhooks</h2>
      <Failure error={error} onRetry={() => void refetch()} />
      {data?.length === 0 ? (
        <p className="quiet">It has no webhook of its own. Those of every tenant still get its events.</p>
      ) : (
        <SubscriberList subscribers={(data ?? []).map(subscriberOf)} />
      )}
      <p>
        <Link href={`/webhooks?${filter}`}>Open in Webhooks</Link>,{' '}
        <Link href={`/deliveries?${filter}`}>its deliveries</Link>,{' '}
        <Link href={`/deliveries?${filter}&status=failed`}>those that failed</Link>,{' '}
        <Link href={`/events?${filter}`}>its events</Link>,{' '}
        <Link href={`/audit?subject=${encodeURIComponent(tenant)}`}>its changes</Link>
      </p>
    </section>
  );
};
