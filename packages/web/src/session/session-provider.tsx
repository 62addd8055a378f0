import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react';
import { SignIn } from './sign-in.tsx';
import { readSession, type SessionState, signIn, signInByLink, signOut } from './session.ts';

export interface Session {
  readonly scope: 'workspace' | 'admin';
  readonly workspace_id: string | null;
  /** The key, where no cookie can be kept; null otherwise. */
  readonly api_key: string | null;
  /** Ends the session; with a reason when the server ended it. */
  readonly end: (reason: string | null) => void;
}

type State =
  | { readonly step: 'loading' }
  | { readonly step: 'unreachable'; readonly message: string }
  | { readonly step: 'signed_out'; readonly keeps_cookie: boolean; readonly reason: string | null }
  | { readonly step: 'signed_in'; readonly session: Omit<Session, 'end'> };

const SessionContext = createContext<Session | null>(null);

export const useSession = (): Session => {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('useSession is used outside of a session.');
  return session;
};

const stateOf = (answer: SessionState, api_key: string | null, reason: string | null): State =>
  answer.signed_in
    ? { step: 'signed_in', session: { scope: answer.scope, workspace_id: answer.workspace_id, api_key } }
    : { step: 'signed_out', keeps_cookie: answer.keeps_cookie, reason };

/** The token of a one-time link, removed from the address, where it would stay in the history. */
const takeLinkToken = (): string | null => {
  if (location.pathname !== '/signin') return null;
  const token = location.hash.slice(1);
  history.replaceState(null, '', '/');
  return token === '' ? null : token;
};

const start = async (): Promise<State> => {
  const token = takeLinkToken();
  try {
    if (token !== null) return stateOf(await signInByLink(token), null, null);
  } catch (error) {
    return stateOf(await readSession(), null, (error as Error).message);
  }
  return stateOf(await readSession(), null, null);
};

/** Shows its children to a person who is signed in, and the sign-in page to others. */
export const SessionProvider = ({ children }: { readonly children: ReactNode }) => {
  const [state, setState] = useState<State>({ step: 'loading' });
  useEffect(() => {
    start().then(setState, (error: Error) => setState({ step: 'unreachable', message: error.message }));
  }, []);
  const end = useCallback((reason: string | null) => {
    signOut().then(
      (answer) => setState(stateOf(answer, null, reason)),
      () => setState({ step: 'signed_out', keeps_cookie: true, reason }),
    );
  }, []);
  switch (state.step) {
    case 'loading':
      return null;
    case 'unreachable':
      return (
        <p role="alert">The server cannot be reached ({state.message}). Reload the page to try again.</p>
      );
    case 'signed_out':
      return (
        <SignIn
          keeps_cookie={state.keeps_cookie}
          reason={state.reason}
          onKey={async (api_key) =>
            setState(stateOf(await signIn(api_key), state.keeps_cookie ? null : api_key, null))
          }
        />
      );
    case 'signed_in':
      return <SessionContext value={{ ...state.session, end }}>{children}</SessionContext>;
  }
};
