import type { Hook } from '@bellwire/client';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useBellwire } from '../../../data/client.tsx';
import { Failure } from '../../../data/errors.tsx';
import { Button } from '../../../design/button.tsx';
import { Dialog, DialogActions } from '../../../design/dialog.tsx';
import { useWords } from '../../../words/words.ts';
import { SecretValue } from './secret-value.tsx';

/** Shows the secrets after a confirmation, because the audit log records it. */
export const Reveal = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords().hook;
  const bellwire = useBellwire();
  const [asking, setAsking] = useState(false);
  const reveal = useMutation({
    mutationFn: () => bellwire.hooks.revealSecret(hook.id),
    onSuccess: () => setAsking(false),
    gcTime: 0,
  });
  return (
    <div className="stack">
      <h2>{words.signing.secret}</h2>
      {reveal.data === undefined ? (
        <div className="inline">
          <code className="secret-value quiet">{words.signing.hidden}</code>
          <Button onClick={() => setAsking(true)}>{words.signing.reveal}</Button>
        </div>
      ) : (
        <>
          <SecretValue secret={reveal.data.secret} />
          {reveal.data.previous.map(({ secret }) => (
            <div key={secret} className="stack">
              <h2>{words.signing.previous_secret}</h2>
              <SecretValue secret={secret} />
            </div>
          ))}
          <div>
            <Button onClick={reveal.reset}>{words.signing.hide}</Button>
          </div>
        </>
      )}
      {asking ? (
        <Dialog title={words.signing.reveal_title} onClose={() => setAsking(false)}>
          <p>{words.signing.reveal_text}</p>
          <Failure error={reveal.error} />
          <DialogActions>
            <Button
              kind="primary"
              onClick={() => reveal.mutate()}
              busy={reveal.isPending && words.signing.revealing}
            >
              {words.signing.reveal}
            </Button>
            <Button onClick={() => setAsking(false)}>{words.cancel}</Button>
          </DialogActions>
        </Dialog>
      ) : null}
    </div>
  );
};
