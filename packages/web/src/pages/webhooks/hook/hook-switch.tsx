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
export const HookSwitch = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords().hook;
  const bellwire = useBellwire();
  const changed = useHookChanged();
  const [open, setOpen] = useState(false);
  const form = useForm(hook.dialect);
  const pause = useMutation({
    mutationFn: () => bellwire.hooks.deactivate(hook.id),
    onSuccess: changed,
  });
  const close = (): void => {
    setOpen(false);
    pause.reset();
  };
  if (hook.active)
    return (
      <>
        <Button onClick={() => pause.mutate()} busy={pause.isPending && words.pausing}>
          {words.pause}
        </Button>
        {pause.error === null ? null : (
          <Dialog title={words.pause} onClose={close}>
            <Failure error={pause.error} />
          </Dialog>
        )}
      </>
    );
  return (
    <>
      <Button kind="primary" onClick={() => setOpen(true)}>
        {form.activate}
      </Button>
      {open ? <SwitchDialog hook={hook} onClose={close} /> : null}
    </>
  );
};

const SwitchDialog = (props: { readonly hook: Hook; readonly onClose: () => void }) =>
  props.hook.status === 'unvalidated' || needsValidation(props.hook) ? (
    <ValidateDialog {...props} />
  ) : (
    <ActivateDialog {...props} />
  );

/** Casesolved validates before each activation until one has succeeded. */
const needsValidation = ({ dialect, validated_at }: Hook): boolean =>
  dialect === 'casesolved' && validated_at === null;
