/** The session of this browser, as the server knows it. */
export type SessionState =
  | {
      readonly signed_in: false;
      /** Whether the server can keep a session in a cookie: not on plain HTTP, except on this machine. */
      readonly keeps_cookie: boolean;
    }
  | {
      readonly signed_in: true;
      readonly scope: 'workspace' | 'admin';
      /** The workspace of the key; null for an admin, who may switch. */
      readonly workspace_id: string | null;
    };

interface ErrorAnswer {
  readonly error?: { readonly message?: string };
}

const ask = async (path: string, method: string, input?: object): Promise<SessionState> => {
  const response = await fetch(path, {
    method,
    ...(input === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(input) }),
  });
  const answer = (await response.json()) as SessionState & ErrorAnswer;
  if (!response.ok) throw new Error(answer.error?.message ?? `The server responded with ${response.status}.`);
  return answer;
};

export const readSession = (): Promise<SessionState> => ask('/session', 'GET');
/** Checks the key, and keeps a session in a cookie where the browser accepts one. */
export const signIn = (api_key: string): Promise<SessionState> => ask('/session', 'POST', { api_key });
/** Uses a one-time link. */
export const signInByLink = (token: string): Promise<SessionState> => ask('/session/link', 'POST', { token });
export const signOut = (): Promise<SessionState> => ask('/session', 'DELETE');
