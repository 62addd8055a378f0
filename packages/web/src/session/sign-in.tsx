import { type FormEvent, useState } from 'react';
import { Button } from '../design/button.tsx';
import { Field } from '../design/field.tsx';
import { Notice } from '../design/notice.tsx';
import './sign-in.css';

interface SignInProps {
  readonly keeps_cookie: boolean;
  /** Why there is no session any more, or why a link did not work. */
  readonly reason: string | null;
  readonly onKey: (api_key: string) => Promise<void>;
}

/** Asks for an API key. */
export const SignIn = ({ keeps_cookie, reason, onKey }: SignInProps) => {
  const [key, setKey] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    onKey(key.trim())
      .catch((error: Error) => setProblem(error.message))
      .finally(() => setBusy(false));
  };
  return (
    <main className="sign-in">
      <form className="sign-in-box stack-wide" onSubmit={submit}>
        <h1>Sign in to Bellwire</h1>
        {reason === null ? null : (
          <Notice tone="warn" title={reason} live>
            Sign in with an API key, or restart the local server: it prints a new link.
          </Notice>
        )}
        <Field
          label="API key"
          error={problem}
          hint="Printed by the first start, or created on the page Keys."
        >
          {(ids) => (
            <input
              {...ids}
              className="input mono"
              type="password"
              autoComplete="current-password"
              autoFocus
              spellCheck={false}
              value={key}
              onChange={(event) => setKey(event.currentTarget.value)}
            />
          )}
        </Field>
        <Button kind="primary" type="submit" busy={busy && 'Signing in…'} disabled={key.trim() === ''}>
          Sign in
        </Button>
        {keeps_cookie ? null : (
          <p className="quiet">
            This address uses plain HTTP, so the key stays in this tab only, until you reload it. Use HTTPS to
            stay signed in.
          </p>
        )}
      </form>
    </main>
  );
};
