import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useBellwire } from '../../data/client.tsx';
import { Failure, issueAt } from '../../data/errors.tsx';
import { isAbout } from '../../data/issues.ts';
import { Button } from '../../design/button.tsx';
import { Dialog, DialogActions } from '../../design/dialog.tsx';
import { Check } from '../../design/field.tsx';
import { TextField } from '../../design/text-field.tsx';

const useCreate = (onCreated: () => void) => {
  const bellwire = useBellwire();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (draft: { readonly name: string; readonly dialect: string; readonly strict: boolean }) =>
      bellwire.workspaces.create({
        name: draft.name.trim(),
        strict: draft.strict,
        ...(draft.dialect.trim() === '' ? {} : { dialect: draft.dialect.trim() }),
      }),
    onSuccess: async () => {
      onCreated();
      await queries.invalidateQueries({ queryKey: ['workspaces'] });
    },
  });
};

/** Creates a workspace. */
export const CreateWorkspace = ({ onClose }: { readonly onClose: () => void }) => {
  const [draft, setDraft] = useState({ name: '', dialect: 'standard', strict: false });
  const create = useCreate(onClose);
  const change = (changes: Partial<typeof draft>): void => setDraft((before) => ({ ...before, ...changes }));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate(draft);
  };
  return (
    <Dialog title="New workspace" onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <TextField
          label="Name"
          hint="It must be unique."
          error={issueAt(create.error, 'name')}
          autoFocus
          value={draft.name}
          onChange={(name) => change({ name })}
        />
        <TextField
          label="Dialect"
          hint="The wire format of its webhooks, unless a webhook has another one. Its catalog starts with the one of the dialect."
          error={issueAt(create.error, 'dialect')}
          value={draft.dialect}
          onChange={(dialect) => change({ dialect })}
        />
        <Check
          label="Strict"
          hint="Refuses events whose type is not in the catalog."
          checked={draft.strict}
          onChange={(strict) => change({ strict })}
        />
        {isAbout(create.error, ['name', 'dialect']) ? null : <Failure error={create.error} />}
        <DialogActions>
          <Button
            kind="primary"
            type="submit"
            disabled={draft.name.trim() === ''}
            busy={create.isPending && 'Creating…'}
          >
            Create the workspace
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </DialogActions>
      </form>
    </Dialog>
  );
};
