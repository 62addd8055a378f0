import type { Erasure } from '@bellwire/client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Link } from 'wouter';
import { useBellwire } from '../../data/client.tsx';
import { Failure } from '../../data/errors.tsx';
import { countText } from '../../design/numbers.ts';
import { Notice } from '../../design/notice.tsx';
import { Clock } from '../../design/time.tsx';

const STEPS: Readonly<Record<Erasure['progress'], string>> = {
  hooks: 'It stops the webhooks.',
  events: 'It deletes the events with their deliveries.',
  stats: 'It deletes the statistics.',
  records: 'It deletes the remaining records.',
  scrub: 'Everything is deleted. It overwrites what is left of it in the database file.',
  completed: 'Everything is deleted, and its bytes are gone from the database file.',
};

const NAMES = Object.keys(STEPS);

/** How far an erasure is, until it has completed. */
export const ErasureProgress = ({ id }: { readonly id: string }) => {
  const bellwire = useBellwire();
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery({
    queryKey: ['erasures', id],
    queryFn: ({ signal }) => bellwire.erasures.get(id, { signal }),
    // A job that runs: its progress is not in the stream.
    refetchInterval: ({ state }) => (state.data?.status === 'completed' ? false : 1_000),
  });
  const status = data?.status;
  useEffect(() => {
    if (status !== 'completed') return;
    for (const key of ['tenants', 'hooks', 'events', 'deliveries', 'stats'])
      void queries.invalidateQueries({ queryKey: [key] });
  }, [status, queries]);
  if (data === undefined) return <Failure error={error} onRetry={() => void refetch()} />;
  const { hooks, events, deliveries } = data.deleted;
  return (
    <Notice
      tone={data.status === 'completed' ? 'ok' : 'warn'}
      live
      title={
        data.status === 'completed'
          ? 'Erased'
          : `Erasing, step ${NAMES.indexOf(data.progress) + 1} of ${NAMES.length - 1}`
      }
    >
      <p>{STEPS[data.progress]}</p>
      <p className="quiet">
        {countText(hooks)} webhooks, {countText(events)} events and {countText(deliveries)} deliveries deleted
        {data.completed_at === null ? null : (
          <>
            , completed at <Clock at={data.completed_at} />
          </>
        )}
        . <Link href="/tenants">All tenants</Link>
      </p>
    </Notice>
  );
};
