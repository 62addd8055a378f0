import type { Hook } from '@bellwire/client';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useBellwire } from '../../../data/client.tsx';
import { Failure } from '../../../data/errors.tsx';
import { Button } from '../../../design/button.tsx';
import { Dialog, DialogActions } from '../../../design/dialog.tsx';
import { useWords } from '../../../words/words.ts';
import { useHookChanged } from './use-hook-changed.ts';

/** Ends the grace period of a rotation. */
export const SwitchSecret = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords().hook;
  const bellwire = useBellwire();
  const changed = useHookChanged();
  const [asking, setAsking] = useState(false);
  const switchNow = useMutation({
    mutationFn: () => bellwire.hooks.switchSecret(hook.id),
    onSuccess: async () => {
      setAsking(false);
      await changed();
    },
  });
  return (
    <>
      <Button onClick={() => setAsking(true)}>{words.signing.switch}</Button>
      {asking ? (
        <Dialog title={words.signing.switch_title} onClose={() => setAsking(false)}>
          <p>{words.signing.switch_text}</p>
          <Failure error={switchNow.error} />
          <DialogActions>
            <Button
              kind="primary"
              onClick={() => switchNow.mutate()}
              busy={switchNow.isPending && words.signing.switching}
            >
              {words.signing.switch}
            </Button>
            <Button onClick={() => setAsking(false)}>{words.cancel}</Button>
          </DialogActions>
        </Dialog>
      ) : null}
    </>
  );
};
