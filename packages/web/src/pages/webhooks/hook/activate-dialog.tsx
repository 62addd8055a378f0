import type { Hook } from '@bellwire/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useBellwire } from '../../../data/client.tsx';
import { Failure } from '../../../data/errors.tsx';
import { Button } from '../../../design/button.tsx';
import { Dialog, DialogActions } from '../../../design/dialog.tsx';
import { Check } from '../../../design/field.tsx';
import { visibleText } from '../../../design/visible-text.ts';
import { useWords } from '../../../words/words.ts';
import { useHookChanged } from './use-hook-changed.ts';

interface ActivateDialogProps {
  readonly hook: Hook;
  readonly onClose: () => void;
}

/** Activates a webhook, and offers to send what was held for it. */
export const ActivateDialog = ({ hook, onClose }: ActivateDialogProps) => {
  const words = useWords().hook;
  const bellwire = useBellwire();
  const queries = useQueryClient();
  const changed = useHookChanged();
  const [recover, setRecover] = useState(true);
  const { data: held } = useQuery({
    queryKey: ['hooks', hook.id, 'held'],
    queryFn: async () => {
      const { id: hook_id, created_at: since } = hook;
      const counted = await bellwire.recoveries.create({ hook_id, since, statuses: ['held'], dry_run: true });
      return counted.skipped.hook_not_active + counted.total;
    },
    gcTime: 0,
  });
  const activate = useMutation({
    mutationFn: () => bellwire.hooks.activate(hook.id, { recover: recover && (held ?? 0) > 0 }),
    onSuccess: async () => {
      await Promise.all([changed(), queries.invalidateQueries({ queryKey: ['recoveries'] })]);
      onClose();
    },
  });
  return (
    <Dialog title={words.activate.title(visibleText(hook.name))} onClose={onClose}>
      <div className="stack">
        <p>{words.activate.text}</p>
        {held === undefined || held === 0 ? null : (
          <Check
            label={words.activate.held(held)}
            hint={words.activate.held_hint}
            checked={recover}
            onChange={setRecover}
          />
        )}
        <Failure error={activate.error} />
      </div>
      <DialogActions>
        <Button
          kind="primary"
          onClick={() => activate.mutate()}
          busy={activate.isPending && words.activate.running}
        >
          {words.activate.button}
        </Button>
        <Button onClick={onClose}>{words.cancel}</Button>
      </DialogActions>
    </Dialog>
  );
};
