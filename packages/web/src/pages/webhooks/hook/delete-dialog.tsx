import type { Hook } from '@bellwire/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { useBellwire } from '../../../data/client.tsx';
import { Failure } from '../../../data/errors.tsx';
import { Button } from '../../../design/button.tsx';
import { Dialog, DialogActions } from '../../../design/dialog.tsx';
import { Field } from '../../../design/field.tsx';
import { visibleText } from '../../../design/visible-text.ts';
import { useWords } from '../../../words/words.ts';

interface DeleteDialogProps {
  readonly hook: Hook;
  readonly onClose: () => void;
}

/** Deletes a webhook after its name is typed. */
export const DeleteDialog = ({ hook, onClose }: DeleteDialogProps) => {
  const words = useWords().hook;
  const bellwire = useBellwire();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [name, setName] = useState('');
  const remove = useMutation({
    mutationFn: () => bellwire.hooks.delete(hook.id),
    onSuccess: async () => {
      navigate('/webhooks', { replace: true });
      queries.removeQueries({ queryKey: ['hooks', hook.id] });
      await queries.invalidateQueries({ queryKey: ['hooks'] });
    },
  });
  const is_confirmed = name.trim() === hook.name;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (is_confirmed) remove.mutate();
  };
  return (
    <Dialog title={words.settings.delete_title(visibleText(hook.name))} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <p>{words.settings.delete_text}</p>
        <Field label={words.settings.delete_confirm} hint={<code className="break">{hook.name}</code>}>
          {(ids) => (
            <input
              {...ids}
              className="input"
              autoComplete="off"
              spellCheck={false}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
          )}
        </Field>
        <Failure error={remove.error} />
        <DialogActions>
          <Button
            kind="danger"
            type="submit"
            disabled={!is_confirmed}
            busy={remove.isPending && words.settings.deleting}
          >
            {words.settings.delete_button}
          </Button>
          <Button onClick={onClose}>{words.cancel}</Button>
        </DialogActions>
      </form>
    </Dialog>
  );
};
