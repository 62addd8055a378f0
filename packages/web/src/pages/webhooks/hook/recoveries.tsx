import type { Hook, Recovery } from '@bellwire/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useBellwire } from '../../../data/client.tsx';
import { Failure } from '../../../data/errors.tsx';
import { Button } from '../../../design/button.tsx';
import { Ago } from '../../../design/time.tsx';
import { useWords } from '../../../words/words.ts';
import { RecoverDialog } from './recover-dialog.tsx';

/** A running job is read again after this time, until it has ended. */
const PROGRESS_MS = 1_000;
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
  const [open, setOpen] = useState(false);
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
        <Job key={job.id} job={job} />
      ))}
    </section>
  );
};

const ended = (words: ReturnType<typeof useWords>['hook']['running'], { status, total }: Recovery): string =>
  status === 'canceled' ? words.canceled(total) : words.done(total);

const Job = ({ job }: { readonly job: Recovery }) => {
  const words = useWords().hook.running;
  const bellwire = useBellwire();
  const queries = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => bellwire.recoveries.cancel(job.id),
    onSettled: () => queries.invalidateQueries({ queryKey: ['recoveries'] }),
  });
  const counts = Object.entries(job.counts)
    .filter(([, count]) => count > 0)
    .map(
      ([name, count]) => `${count.toLocaleString('en')} ${words.counts[name as keyof typeof words.counts]}`,
    );
  const percent = Math.floor(job.progress * 100);
  const text =
    job.status === 'running' ? words.progress(percent, job.total.toLocaleString('en')) : ended(words, job);
  return (
    <div className="job">
      <div className="section-head">
        <h2>{words.title(job.kind)}</h2>
        {job.completed_at === null ? null : (
          <span className="quiet">
            <Ago at={job.completed_at} /> {words.ago}
          </span>
        )}
        {job.status === 'running' ? (
          <Button onClick={() => cancel.mutate()} busy={cancel.isPending && words.canceling}>
            {words.cancel}
          </Button>
        ) : null}
      </div>
      {job.status === 'running' ? (
        <progress value={job.progress} max={1} aria-label={words.title(job.kind)} />
      ) : null}
      <p role="status">
        {text}
        {counts.length === 0 ? '' : ` (${counts.join(', ')})`}
      </p>
      <Failure error={cancel.error} />
    </div>
  );
};
