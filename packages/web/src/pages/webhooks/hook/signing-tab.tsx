import type { Hook } from '@bellwire/client';
import { useState } from 'react';
import { Button } from '../../../design/button.tsx';
import { Notice } from '../../../design/notice.tsx';
import { Until } from '../../../design/time.tsx';
import { useArea } from '../../../shell/area.ts';
import { useWords, type Words } from '../../../words/words.ts';
import { Reveal } from './reveal.tsx';
import { RotateDialog } from './rotate-dialog.tsx';
import { SecretValue } from './secret-value.tsx';
import { SwitchSecret } from './switch-secret.tsx';

const signingText = ({ signing }: Words['hook'], hook: Hook): string =>
  ({
    none: signing.none,
    current: signing.current,
    previous: signing.previous,
    current_and_previous: signing.both,
  })[hook.secret_state.signing];

/** The secret of a hook: which one signs, and its rotation. */
export const SigningTab = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords().hook;
  const { read_only } = useArea();
  const [rotating, setRotating] = useState(false);
  const [rotated, setRotated] = useState<string | null>(null);
  const { previous, signing } = hook.secret_state;
  return (
    <section className="stack-wide narrow-section" aria-label={words.signing.title}>
      <div className="stack">
        <p>{signingText(words, hook)}</p>
        <Countdown hook={hook} />
      </div>
      {rotated === null ? null : (
        <Notice tone="ok" live title={words.signing.rotated}>
          <div className="stack">
            <p>{words.signing.rotated_next}</p>
            <SecretValue secret={rotated} />
          </div>
        </Notice>
      )}
      {signing === 'none' || read_only ? null : <Reveal hook={hook} />}
      {read_only ? null : (
        <div className="inline">
          <Button onClick={() => setRotating(true)}>
            {signing === 'none' ? words.signing.set : words.signing.rotate}
          </Button>
          {previous.length === 0 ? null : <SwitchSecret hook={hook} />}
        </div>
      )}
      {rotating ? (
        <RotateDialog
          hook={hook}
          onClose={() => setRotating(false)}
          onRotated={(secret) => {
            setRotated(secret);
            setRotating(false);
          }}
        />
      ) : null}
    </section>
  );
};

/** When the previous secrets end. */
const Countdown = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords().hook.signing;
  const { signing, switch_at, previous } = hook.secret_state;
  // Where one secret signs, its end is the beginning of the new one. Where all sign, the new one signs already.
  const switches_at = signing === 'previous' ? switch_at : null;
  const others = previous.filter(({ expires_at }) => expires_at !== switches_at);
  return (
    <ul>
      {switches_at === null ? null : (
        <li>
          {words.switch_in}{' '}
          <span className="strong">
            <Until at={switches_at} />
          </span>
          .
        </li>
      )}
      {others.map(({ expires_at }) => (
        <li key={expires_at}>
          {words.expires_in}{' '}
          <span className="strong">
            <Until at={expires_at} />
          </span>
          .
        </li>
      ))}
    </ul>
  );
};
