import { useMemo, useSyncExternalStore } from 'react';

/** Called after `pushState` and `replaceState`, for which the browser has no event. */
const listeners = new Set<() => void>();

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  addEventListener('hashchange', listener);
  addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('hashchange', listener);
    removeEventListener('popstate', listener);
  };
};

const currentView = (): string => (location.hash.startsWith('#/') ? location.hash.slice(1) : '/');

const parts = (view: string): readonly [path: string, search: string] => {
  const at = view.indexOf('?');
  return at === -1 ? [view, ''] : [view.slice(0, at), view.slice(at + 1)];
};

interface NavigateOptions {
  readonly replace?: boolean;
}

/** Shows another view. The entry of the history keeps what the page has stored with it. */
const navigate = (to: string, { replace = false }: NavigateOptions = {}): void => {
  const url = `${location.pathname}${location.search}#${to}`;
  if (replace) history.replaceState(history.state, '', url);
  else history.pushState(history.state, '', url);
  for (const listener of listeners) listener();
};

/**
 * The view in the fragment of the address: `/portal#/webhooks?status=failing`. Only the address `/portal` itself can be
 * shown in a frame, so a view has no path of its own.
 */
export const useHashPath = (): [string, typeof navigate] => {
  const view = useSyncExternalStore(subscribe, currentView);
  return useMemo(() => [parts(view)[0], navigate], [view]);
};

export const useHashSearch = (): string => parts(useSyncExternalStore(subscribe, currentView))[1];

export const hashHref = (href: string): string => `#${href}`;
