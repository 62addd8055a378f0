import type { Hook, Recovery } from '@bellwire/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useBellwire } from '../../../data/client.tsx';
import { Failure } from '../../../data/errors.tsx';
import { Button } from '../../../design/button.tsx';
import { useArea } from '../../../shell/area.ts';
import { useWords } from '../../../words/words.ts';
import { PROGRESS_MS, RecoveryJob } from '../../recoveries/recovery-job.tsx';
import { RecoverDialog } from './recover-dialog.tsx';

/** A job that has ended stays visible for this time. */
const ENDED_SHOWN_MS = 60 * 60_000;

const isShown = ({ status, completed_at }: Recovery): boolean =>
  status === 'running' || (completed_at !== null && Date.now() - Date.parse(completed_at) < ENDED_SHOWN_MS);

/** The jobs of a hook, those that run and those of the last hour. */
const useRecoveries = (hook_id: string) => {
  const bellwire = useBellwire();
  return useQuery({
    queryKey: ['recoveries', 'hook', hook_id],
    queryFn: async ({ signal }) => {
      const { data } = await bellwire.recoveries.list({ limit: 100 }, { signal });
      return data.filter((job) => job.hook_id === hook_id && isShown(job));
    },
    refetchInterval: ({ state }) =>
      state.data?.some(({ status }) => status === 'running') === true ? PROGRESS_MS : false,
  });
};

/** Opens the dialog that starts a recovery. */
export const RecoverButton = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords().hook.recover;
  const { read_only } = useArea();
  const [open, setOpen] = useState(false);
  if (read_only) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>{words.button}</Button>
      {open ? <RecoverDialog hook={hook} onClose={() => setOpen(false)} /> : null}
    </>
  );
};

/** The recoveries of a hook with their progress; nothing without any. */
export const Recoveries = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords().hook.recover;
  const { data, error } = useRecoveries(hook.id);
  if (error === null && (data === undefined || data.length === 0)) return null;
  return (
    <section className="stack" aria-label={words.title}>
      <Failure error={error} />
      {data?.map((job) => (
        <RecoveryJob key={job.id} job={job} />
      ))}
    </section>
  );
};
