import { useQuery } from '@tanstack/react-query';
import { useBellwire } from '../../data/client.tsx';
import { Failure } from '../../data/errors.tsx';
import { PROGRESS_MS, RecoveryJob } from './recovery-job.tsx';

/** One recovery, followed until it has ended. */
export const RecoveryProgress = ({ id }: { readonly id: string }) => {
  const bellwire = useBellwire();
  const { data, error } = useQuery({
    queryKey: ['recoveries', id],
    queryFn: ({ signal }) => bellwire.recoveries.get(id, { signal }),
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? PROGRESS_MS : false),
  });
  return (
    <>
      <Failure error={error} />
      {data === undefined ? null : <RecoveryJob job={data} />}
    </>
  );
};
