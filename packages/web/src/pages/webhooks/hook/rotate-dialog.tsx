import type { Hook } from '@bellwire/client';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useBellwire } from '../../../data/client.tsx';
import { Failure, issueAt } from '../../../data/errors.tsx';
import { Button } from '../../../design/button.tsx';
import { Dialog, DialogActions } from '../../../design/dialog.tsx';
import { Field } from '../../../design/field.tsx';
import { useWords } from '../../../words/words.ts';
import { useHookChanged } from './use-hook-changed.ts';

interface RotateDialogProps {
  readonly hook: Hook;
  readonly onClose: () => void;
  readonly onRotated: (secret: string) => void;
}

const DAY_S = '86400';

/** Gives the hook a new secret, and the previous one a time to live. */
export const RotateDialog = ({ hook, onClose, onRotated }: RotateDialogProps) => {
  const words = useWords().hook;
  const bellwire = useBellwire();
  const changed = useHookChanged();
  const [grace, setGrace] = useState(DAY_S);
  const [secret, setSecret] = useState('');
  const rotate = useMutation({
    mutationFn: () =>
      bellwire.hooks.rotateSecret(hook.id, {
        grace_seconds: Number(grace),
        ...(secret === '' ? {} : { secret }),
      }),
    onSuccess: async (answer) => {
      onRotated(answer.secret);
      await changed();
    },
    gcTime: 0,
  });
  const problem = issueAt(rotate.error, 'secret');
  return (
    <Dialog title={words.signing.rotate_title} onClose={onClose}>
      <div className="stack">
        <p>{words.signing.rotate_text}</p>
        <Grace value={grace} onChange={setGrace} />
        <Field label={words.signing.own} hint={words.signing.own_hint} error={problem}>
          {(ids) => (
            <input
              {...ids}
              className="input mono"
              autoComplete="off"
              spellCheck={false}
              maxLength={256}
              value={secret}
              onChange={(event) => setSecret(event.currentTarget.value)}
            />
          )}
        </Field>
        {problem === undefined ? <Failure error={rotate.error} /> : null}
      </div>
      <DialogActions>
        <Button
          kind="primary"
          onClick={() => rotate.mutate()}
          busy={rotate.isPending && words.signing.rotating}
        >
          {words.signing.rotate_title}
        </Button>
        <Button onClick={onClose}>{words.cancel}</Button>
      </DialogActions>
    </Dialog>
  );
};

interface GraceProps {
  readonly value: string;
  readonly onChange: (seconds: string) => void;
}

/** How long the previous secret stays valid. */
const Grace = ({ value, onChange }: GraceProps) => {
  const words = useWords().hook;
  return (
    <Field label={words.signing.grace}>
      {(ids) => (
        <select
          {...ids}
          className="input"
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          {Object.entries(words.signing.graces).map(([seconds, name]) => (
            <option key={seconds} value={seconds}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
};
