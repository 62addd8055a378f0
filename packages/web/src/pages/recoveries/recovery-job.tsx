import type { Recovery } from '@bellwire/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useBellwire } from '../../data/client.tsx';
import { Failure } from '../../data/errors.tsx';
import { AgoWords } from '../../design/ago-words.tsx';
import { Button } from '../../design/button.tsx';
import { numberText } from '../../design/locale.ts';
import { useArea } from '../../shell/area.ts';
import { useWords } from '../../words/words.ts';

/** A running job is read again after this time, until it has ended. */
export const PROGRESS_MS = 1_000;

const ended = (words: ReturnType<typeof useWords>['hook']['running'], { status, total }: Recovery): string =>
  status === 'canceled' ? words.canceled(total) : words.done(total);

/** A recovery with its progress and counts, which can be canceled while it runs. */
export const RecoveryJob = ({ job }: { readonly job: Recovery }) => {
  const words = useWords().hook.running;
  const { read_only } = useArea();
  const bellwire = useBellwire();
  const queries = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => bellwire.recoveries.cancel(job.id),
    onSettled: () => queries.invalidateQueries({ queryKey: ['recoveries'] }),
  });
  const counts = Object.entries(job.counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${numberText(count)} ${words.counts[name as keyof typeof words.counts]}`);
  const percent = Math.floor(job.progress * 100);
  const text = job.status === 'running' ? words.progress(percent, numberText(job.total)) : ended(words, job);
  return (
    <div className="job">
      <div className="section-head">
        <h2>{words.title(job.kind)}</h2>
        {job.completed_at === null ? null : (
          <span className="quiet">
            <AgoWords at={job.completed_at} />
          </span>
        )}
        {job.status === 'running' && !read_only ? (
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
