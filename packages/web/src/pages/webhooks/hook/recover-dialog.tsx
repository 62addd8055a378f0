import type { Hook } from '@bellwire/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useBellwire } from '../../../data/client.tsx';
import { Failure } from '../../../data/errors.tsx';
import { Button } from '../../../design/button.tsx';
import { Dialog, DialogActions } from '../../../design/dialog.tsx';
import { Check, Field } from '../../../design/field.tsx';
import { numberText } from '../../../design/locale.ts';
import { useWords } from '../../../words/words.ts';

const STATUSES = ['failed', 'held', 'pending', 'missed', 'succeeded'] as const;
type Status = (typeof STATUSES)[number];

const HOUR_MS = 3_600_000;

interface RecoverDialogProps {
  readonly hook: Hook;
  readonly onClose: () => void;
}

/** Counts what a recovery would send, by status, and starts it. */
export const RecoverDialog = ({ hook, onClose }: RecoverDialogProps) => {
  const words = useWords().hook;
  const bellwire = useBellwire();
  const queries = useQueryClient();
  const [hours, setHours] = useState('168');
  const [opened] = useState(() => Date.now());
  const [chosen, setChosen] = useState<readonly Status[]>(['failed', 'held', 'pending']);
  const selection = {
    hook_id: hook.id,
    since: new Date(opened - Number(hours) * HOUR_MS).toISOString(),
  };
  const counted = useQuery({
    queryKey: ['hooks', hook.id, 'recoverable', hours],
    queryFn: () => bellwire.recoveries.create({ ...selection, statuses: [...STATUSES], dry_run: true }),
    gcTime: 0,
  });
  const start = useMutation({
    mutationFn: () => bellwire.recoveries.create({ ...selection, statuses: [...chosen] }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['recoveries'] });
      onClose();
    },
  });
  const counts = counted.data?.counts;
  const total = counts === undefined ? 0 : chosen.reduce((sum, status) => sum + counts[status], 0);
  return (
    <Dialog title={words.recover.title} onClose={onClose}>
      <div className="stack">
        <p>{words.recover.text}</p>
        <Since value={hours} onChange={setHours} />
        {STATUSES.map((status) => (
          <Check
            key={status}
            label={`${words.recover.statuses[status]}${counts === undefined ? '' : ` (${numberText(counts[status])})`}`}
            checked={chosen.includes(status)}
            onChange={(is_chosen) =>
              setChosen(is_chosen ? [...chosen, status] : chosen.filter((each) => each !== status))
            }
          />
        ))}
        <p role="status" className="strong">
          {counts === undefined ? words.recover.counting : words.recover.total(total)}
        </p>
        <Skipped skipped={counted.data?.skipped} />
        <Failure error={counted.error ?? start.error} />
      </div>
      <DialogActions>
        <Button
          kind="primary"
          disabled={total === 0}
          onClick={() => start.mutate()}
          busy={start.isPending && words.recover.starting}
        >
          {words.recover.start(total)}
        </Button>
        <Button onClick={onClose}>{words.cancel}</Button>
      </DialogActions>
    </Dialog>
  );
};

interface SinceProps {
  readonly value: string;
  readonly onChange: (hours: string) => void;
}

const Since = ({ value, onChange }: SinceProps) => {
  const words = useWords().hook.recover;
  return (
    <Field label={words.since}>
      {(ids) => (
        <select
          {...ids}
          className="input"
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          {Object.entries(words.since_choices).map(([hours, name]) => (
            <option key={hours} value={hours}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
};

interface SkippedProps {
  readonly skipped: { readonly hook_not_active: number; readonly payload_expired: number } | undefined;
}

const Skipped = ({ skipped }: SkippedProps) => {
  const words = useWords().hook.recover;
  if (skipped === undefined) return null;
  return (
    <>
      {skipped.hook_not_active === 0 ? null : <p>{words.inactive(skipped.hook_not_active)}</p>}
      {skipped.payload_expired === 0 ? null : <p>{words.skipped(skipped.payload_expired)}</p>}
    </>
  );
};
