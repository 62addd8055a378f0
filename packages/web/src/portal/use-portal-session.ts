import { useCallback, useEffect, useState } from 'react';
import { askForLink, listenToHost } from './host.ts';
import { tokenIn, webAddress } from './portal-link.ts';
import { openSession, type PortalSession } from './portal-session.ts';
import { applyPortalTheme } from './portal-theme.ts';

/** Why there is no session. */
export type EndReason = 'needs_link' | 'refused' | 'expired' | 'unreachable';

export type PortalState =
  | { readonly step: 'opening' }
  | { readonly step: 'open'; readonly session: PortalSession }
  /** `token`: of the link that has not been used. */
  | { readonly step: 'ended'; readonly reason: EndReason; readonly token: string | null };

/** The token of a link, removed from the address, where it would stay in the history. A view stays there. */
export const takeToken = (): string | null => {
  const token = tokenIn(location.hash);
  const path = `${location.pathname}${location.search}#/`;
  // A link that is opened in the same tab has an entry of its own.
  if (token !== null) history.replaceState({ return_url: keptReturnUrl() }, '', path);
  return token;
};

interface Kept {
  readonly return_url?: unknown;
}

let return_url: string | null = null;

/** Where to go back to, also after a reload: the address is not secret, so the entries of the history keep it. */
export const keptReturnUrl = (): string | null =>
  webAddress((history.state as Kept | null)?.return_url) ?? return_url;

const keepReturnUrl = (url: string | null): void => {
  return_url = url;
  history.replaceState({ return_url }, '');
};

/** The session of the page, from its link to its end. */
export const usePortalSession = (first: string | null) => {
  const [state, setState] = useState<PortalState>({ step: 'opening' });
  const open = useCallback(async (token: string): Promise<void> => {
    setState({ step: 'opening' });
    const opened = await openSession(token);
    if (opened.ok) {
      keepReturnUrl(webAddress(opened.session.return_url));
      applyPortalTheme(opened.session.theme);
      setState({ step: 'open', session: opened.session });
    } else {
      // The host is not asked again by itself: it could send such links in a loop.
      setState({ step: 'ended', reason: opened.reason, token: opened.reason === 'refused' ? null : token });
    }
  }, []);
  const end = useCallback((reason: EndReason): void => {
    setState({ step: 'ended', reason, token: null });
    askForLink();
  }, []);
  useEffect(() => {
    if (first === null) end('needs_link');
    else void open(first);
    // A new link in the same tab or frame differs in its fragment only, which loads no page.
    const changed = (): void => {
      const token = takeToken();
      if (token !== null) void open(token);
    };
    addEventListener('hashchange', changed);
    const stop = listenToHost((token) => void open(token));
    return () => {
      removeEventListener('hashchange', changed);
      stop();
    };
  }, [first, open, end]);
  return { state, open, end };
};
