import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { useFilters } from '../../data/address.ts';
import { useBellwire } from '../../data/client.tsx';
import { Failure } from '../../data/errors.tsx';
import { Empty } from '../../design/empty.tsx';
import { Page } from '../../shell/page.tsx';
import { useHooks } from '../deliveries/hook-names.ts';
import { Finding } from './finding.tsx';
import { newestRequest } from './headers-text.ts';
import { type Question, RequestForm } from './request-form.tsx';
import './debug-page.css';

const EMPTY = { headers: '', body: '', secret: '' };

/** The delivery of the address: its newest request fills the form until it is edited. */
const useDelivery = (id: string | undefined) => {
  const bellwire = useBellwire();
  return useQuery({
    queryKey: ['delivery', id],
    queryFn: ({ signal }) => bellwire.deliveries.get(id ?? '', { signal }),
    enabled: id !== undefined,
  });
};

interface Asked {
  readonly question: Question;
  /** When the request arrived; null for now, or for the recorded time of a delivery. */
  readonly now: string | null;
}

const useExplain = (delivery_id: string | undefined) => {
  const { signatures } = useBellwire();
  return useMutation({
    // The secret must not outlive the page.
    gcTime: 0,
    mutationFn: ({ question: { headers, body, secret, hook_id }, now }: Asked) =>
      signatures.explain({
        headers,
        body,
        ...(secret === '' ? {} : { secret }),
        ...(hook_id === '' ? {} : { hook_id }),
        ...(delivery_id === undefined ? {} : { delivery_id }),
        ...(now === null ? {} : { now }),
      }),
  });
};

/** What to paste, before the first check. */
const Introduction = ({
  delivery_id,
  is_recorded,
}: {
  delivery_id: string | undefined;
  is_recorded: boolean;
}) =>
  delivery_id === undefined ? (
    <Empty title="Why does my receiver refuse it?">
      Paste the headers and the body that your receiver got, and the secret that it uses. Bellwire says why
      the signature does not match, and shows the bytes that count.
    </Empty>
  ) : (
    <Empty
      title={is_recorded ? 'This is the request as it was sent' : 'This delivery has no recorded request'}
    >
      {is_recorded
        ? 'Replace the headers and the body with those that your receiver got, and enter the secret that it uses: the differences are then shown. '
        : 'Nothing was sent yet, or the payload was removed. Paste what your receiver got. '}
      <Link href={`/deliveries/${delivery_id}`}>Back to the delivery</Link>
    </Empty>
  );

/** The time at which a request with this age was signed. */
const signedAt = (age_seconds: number): string => new Date(Date.now() - age_seconds * 1000).toISOString();

/** "Debug a signature": why a request verifies or does not. */
export const DebugPage = () => {
  const [{ delivery: delivery_id, hook = '' }, change] = useFilters();
  const delivery = useDelivery(delivery_id);
  const hooks = useHooks();
  const [typed, setTyped] = useState<Partial<Question>>({});
  const explain = useExplain(delivery_id);
  const result = useRef<HTMLDivElement>(null);
  const recorded = delivery.data === undefined ? null : newestRequest(delivery.data);
  const hook_id = hook === '' ? (delivery.data?.hook_id ?? '') : hook;
  const question = { ...EMPTY, ...recorded, ...typed, hook_id: hook === 'none' ? '' : hook_id };
  const { data } = explain;
  useEffect(() => {
    // Below the form on narrow screens.
    if (data !== undefined) result.current?.scrollIntoView({ block: 'nearest' });
  }, [data]);
  const check = (now: string | null): void => explain.mutate({ question, now });
  const nameOf = (id: string): string => hooks.find((one) => one.id === id)?.name ?? id;
  return (
    <Page title="Debug a signature">
      <div className="debug">
        <RequestForm
          question={question}
          hooks={hooks}
          error={explain.error}
          busy={explain.isPending}
          onCheck={() => check(null)}
          onChange={({ hook_id: chosen, ...changed }) => {
            if (chosen !== undefined)
              change({ hook: chosen === '' && delivery_id !== undefined ? 'none' : chosen });
            setTyped({ ...typed, ...changed });
          }}
        />
        <div className="debug-result" ref={result}>
          <Failure error={delivery.error} onRetry={() => void delivery.refetch()} />
          <Failure error={explain.error} />
          {data === undefined ? (
            <Introduction delivery_id={delivery_id} is_recorded={delivery.isPending || recorded !== null} />
          ) : (
            <Finding
              explanation={data}
              nameOf={nameOf}
              onIgnoreAge={() => check(signedAt(data.age_seconds ?? 0))}
            />
          )}
        </div>
      </div>
    </Page>
  );
};
