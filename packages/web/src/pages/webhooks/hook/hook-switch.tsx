import type { Hook } from '@bellwire/client';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useBellwire } from '../../../data/client.tsx';
import { Failure } from '../../../data/errors.tsx';
import { Button } from '../../../design/button.tsx';
import { Dialog } from '../../../design/dialog.tsx';
import { useWords } from '../../../words/words.ts';
import { useForm } from '../form/form-of.ts';
import { ActivateDialog } from './activate-dialog.tsx';
import { useHookChanged } from './use-hook-changed.ts';
import { ValidateDialog } from './validate-dialog.tsx';

/** Pauses an active webhook, and activates another; where its dialect requires it, only after a validation. */
export const HookSwitch = ({ hook }: { readonly hook: Hook }) =>
  // Two components, so that an open dialog does not come back after another browser has changed the state twice.
  hook.active ? <Pause hook={hook} /> : <Activate hook={hook} />;

const Pause = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords().hook;
  const bellwire = useBellwire();
  const changed = useHookChanged();
  const pause = useMutation({
    mutationFn: () => bellwire.hooks.deactivate(hook.id),
    onSuccess: changed,
  });
  return (
    <>
      <Button onClick={() => pause.mutate()} busy={pause.isPending && words.pausing}>
        {words.pause}
      </Button>
      {pause.error === null ? null : (
        <Dialog title={words.pause} onClose={pause.reset}>
          <Failure error={pause.error} />
        </Dialog>
      )}
    </>
  );
};

const Activate = ({ hook }: { readonly hook: Hook }) => {
  const form = useForm(hook.dialect);
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button kind="primary" onClick={() => setOpen(true)}>
        {form.activate}
      </Button>
      {open ? <SwitchDialog hook={hook} onClose={() => setOpen(false)} /> : null}
    </>
  );
};

/** Decided when it opens: the stream reports the success of a validation while its answer is being read. */
const SwitchDialog = (props: { readonly hook: Hook; readonly onClose: () => void }) => {
  const [validates] = useState(() => needsValidation(props.hook));
  return validates ? <ValidateDialog {...props} /> : <ActivateDialog {...props} />;
};

/** Casesolved validates before each activation until one has succeeded. */
const needsValidation = ({ status, dialect, validated_at }: Hook): boolean =>
  status === 'unvalidated' || (dialect === 'casesolved' && validated_at === null);
