import type { PortalTheme } from './portal-link.ts';

/** The session that a link has opened. It lives in the memory of the page only. */
export interface PortalSession {
  readonly token: string;
  readonly tenant: string;
  readonly read_only: boolean;
  readonly return_url: string | null;
  readonly theme: PortalTheme;
  /** The wire format of new webhooks. */
  readonly dialect: string;
}

/** `refused`: the link does not work. `unreachable`: it was not used. */
export type Opened =
  | { readonly ok: true; readonly session: PortalSession }
  | { readonly ok: false; readonly reason: 'refused' | 'unreachable' };

/** Exchanges the token of a link, which works once. */
export const openSession = async (token: string): Promise<Opened> => {
  try {
    const response = await fetch('/portal/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
      credentials: 'omit',
    });
    if (response.ok) return { ok: true, session: (await response.json()) as PortalSession };
    return {
      ok: false,
      reason: response.status === 401 || response.status === 400 ? 'refused' : 'unreachable',
    };
  } catch {
    return { ok: false, reason: 'unreachable' };
  }
};
