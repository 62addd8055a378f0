import { useMutation, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useBellwire } from '../../data/client.tsx';
import { Failure } from '../../data/errors.tsx';
import { Button } from '../../design/button.tsx';
import { Dialog, DialogActions } from '../../design/dialog.tsx';
import { numberText } from '../../design/locale.ts';
import { useArea } from '../../shell/area.ts';
import { useWords } from '../../words/words.ts';
import { RecoveryProgress } from '../recoveries/recovery-progress.tsx';
import { type DeliveryQuery, isOld, toSelection } from './filters.ts';

interface RecoverManyProps {
  readonly query: DeliveryQuery;
  readonly picked: ReadonlySet<string>;
  readonly onClear: () => void;
}

/** Sends the marked deliveries again, or all that match the filters; nothing for filters that a recovery cannot have. */
export const RecoverMany = ({ query, picked, onClear }: RecoverManyProps) => {
  const words = useWords().deliveries.resend;
  const { is_portal, read_only } = useArea();
  const [open, setOpen] = useState(false);
  if (read_only) return null;
  // In the portal, a recovery names its webhook or its deliveries.
  const can_take_all = toSelection(query, picked, 0) !== null && (!is_portal || query.hook_id !== undefined);
  if (picked.size === 0 && !can_take_all) return null;
  return (
    <>
      {picked.size === 0 ? null : (
        <Button kind="bare" onClick={onClear}>
          {words.clear}
        </Button>
      )}
      <Button onClick={() => setOpen(true)}>
        {picked.size === 0 ? words.all : words.marked(picked.size)}
      </Button>
      {open ? <RecoverManyDialog query={query} picked={picked} onClose={() => setOpen(false)} /> : null}
    </>
  );
};

interface DialogProps {
  readonly query: DeliveryQuery;
  readonly picked: ReadonlySet<string>;
  readonly onClose: () => void;
}

const useRecoveryOf = ({ query, picked }: DialogProps) => {
  const bellwire = useBellwire();
  const [opened] = useState(Date.now);
  const selection = useMemo(() => toSelection(query, picked, opened) ?? {}, [query, picked, opened]);
  const counted = useQuery({
    queryKey: ['recoverable', selection],
    queryFn: () => bellwire.recoveries.create({ ...selection, dry_run: true }),
    gcTime: 0,
  });
  const start = useMutation({ mutationFn: () => bellwire.recoveries.create(selection) });
  return { counted, start };
};

const RecoverManyDialog = (props: DialogProps) => {
  const words = useWords();
  const { counted, start } = useRecoveryOf(props);
  const { text, old } = words.deliveries.resend;
  const { counting, total, start: startWord, starting, skipped, inactive } = words.hook.recover;
  const { data } = counted;
  const started = start.data?.id ?? null;
  return (
    <Dialog title={words.hook.recover.title} onClose={props.onClose}>
      <div className="stack">
        <p>{text}</p>
        <p role="status" className="strong">
          {data === undefined ? counting : total(data.total)}
        </p>
        {data === undefined ? null : <Counts counts={data.counts} />}
        {data?.skipped.hook_not_active ? <p>{inactive(data.skipped.hook_not_active)}</p> : null}
        {data?.skipped.payload_expired ? <p>{skipped(data.skipped.payload_expired)}</p> : null}
        {isOld(data?.oldest ?? null) ? <p>{old}</p> : null}
        <Failure error={counted.error ?? start.error} />
        {started === null ? null : <RecoveryProgress id={started} />}
      </div>
      <DialogActions>
        {started === null ? (
          <Button
            kind="primary"
            disabled={data === undefined || data.total === 0}
            busy={start.isPending && starting}
            onClick={() => start.mutate()}
          >
            {startWord(data?.total ?? 0)}
          </Button>
        ) : null}
        <Button onClick={props.onClose}>{started === null ? words.hook.cancel : words.hook.close}</Button>
      </DialogActions>
    </Dialog>
  );
};

const Counts = ({ counts }: { readonly counts: Readonly<Record<string, number>> }) => {
  const names: Readonly<Record<string, string>> = useWords().hook.running.counts;
  const shown = Object.entries(counts).filter(([, count]) => count > 0);
  return shown.length === 0 ? null : (
    <p>{shown.map(([name, count]) => `${numberText(count)} ${names[name] ?? name}`).join(', ')}</p>
  );
};
