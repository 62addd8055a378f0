import type { ApiKey } from '@bellwire/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useSession } from '../../session/session-provider.tsx';
import { openClient } from '../../data/client.tsx';
import { Failure, issueAt } from '../../data/errors.tsx';
import { isAbout } from '../../data/issues.ts';
import { Button } from '../../design/button.tsx';
import { CopyButton } from '../../design/copy.tsx';
import { Dialog, DialogActions } from '../../design/dialog.tsx';
import { numberOrNull } from '../../design/numbers.ts';
import { TextField } from '../../design/text-field.tsx';
import { useWorkspace } from '../../shell/workspace.ts';
import { ExpiryField, ScopeField, WorkspaceField } from './key-fields.tsx';

const DEFAULT = 'ws_default';

interface Draft {
  readonly name: string;
  readonly scope: ApiKey['scope'];
  readonly workspace: string;
  /** In seconds; null for a key that does not expire. */
  readonly expires_in: number | null;
  /** As it is typed; empty for no limit. */
  readonly events_per_second: string;
}

const useCreate = () => {
  const { api_key } = useSession();
  const queries = useQueryClient();
  return useMutation({
    // The header of the call names the workspace, so another one needs another client.
    mutationFn: ({ name, scope, workspace, expires_in, events_per_second }: Draft) =>
      openClient({ api_key, workspace: scope === 'admin' ? null : workspace }).apiKeys.create({
        name: name.trim(),
        scope,
        ...(expires_in === null ? {} : { expires_in }),
        ...(scope === 'read' ? {} : { events_per_second: numberOrNull(events_per_second) }),
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['keys'] }),
  });
};

/** Creates an API key, and shows it once. */
export const CreateKey = ({ onClose }: { readonly onClose: () => void }) => {
  const { workspace } = useWorkspace();
  const [draft, setDraft] = useState<Draft>({
    name: '',
    scope: 'send',
    workspace: workspace ?? DEFAULT,
    expires_in: null,
    events_per_second: '',
  });
  const create = useCreate();
  const change = (changes: Partial<Draft>): void => setDraft((before) => ({ ...before, ...changes }));
  if (create.data !== undefined)
    return <CreatedKey name={create.data.name} secret={create.data.api_key} onClose={onClose} />;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate(draft);
  };
  return (
    <Dialog title="New API key" onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <TextField
          label="Name"
          hint="For people: which application or person uses it."
          error={issueAt(create.error, 'name')}
          autoFocus
          value={draft.name}
          onChange={(name) => change({ name })}
        />
        <ScopeField value={draft.scope} onChange={(scope) => change({ scope })} />
        {draft.scope === 'admin' ? null : (
          <WorkspaceField value={draft.workspace} onChange={(id) => change({ workspace: id })} />
        )}
        <ExpiryField value={draft.expires_in} onChange={(expires_in) => change({ expires_in })} />
        {draft.scope === 'read' ? null : (
          <TextField
            label="Events per second"
            hint="Maximum rate at which events are accepted with it. Empty: no limit."
            error={issueAt(create.error, 'events_per_second')}
            type="number"
            value={draft.events_per_second}
            onChange={(events_per_second) => change({ events_per_second })}
          />
        )}
        {isAbout(create.error, ['name', 'events_per_second']) ? null : <Failure error={create.error} />}
        <DialogActions>
          <Button
            kind="primary"
            type="submit"
            disabled={draft.name.trim() === ''}
            busy={create.isPending && 'Creating…'}
          >
            Create the key
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </DialogActions>
      </form>
    </Dialog>
  );
};

interface CreatedKeyProps {
  readonly name: string;
  readonly secret: string;
  readonly onClose: () => void;
}

const CreatedKey = ({ name, secret, onClose }: CreatedKeyProps) => (
  <Dialog title={`The key of ${name}`} onClose={onClose}>
    <div className="stack">
      <p>Copy it now. It cannot be shown again.</p>
      <code className="new-key break">{secret}</code>
      <div>
        <CopyButton text={secret} label="Copy the key" />
      </div>
    </div>
    <DialogActions>
      <Button kind="primary" onClick={onClose}>
        I have saved it
      </Button>
    </DialogActions>
  </Dialog>
);
