import { tokenOfLink } from './portal-link.ts';

/** Whether the page is shown in a frame of another page, its host. */
export const isFramed = (): boolean => window.parent !== window;

/** Asks the host for a new link. The message has no secret, so that any host may read it. */
export const askForLink = (): void => {
  if (isFramed()) window.parent.postMessage({ type: 'bellwire:link-needed' }, '*');
};

/**
 * Calls `onToken` with the links that the host sends. The browser shows this page only in frames of the origins that the
 * server allows, so the parent is one of them, and no other window is listened to.
 */
export const listenToHost = (onToken: (token: string) => void): (() => void) => {
  const receive = ({ source, data }: MessageEvent<unknown>): void => {
    if (!isFramed() || source !== window.parent) return;
    const { type, url } = (data ?? {}) as { readonly type?: unknown; readonly url?: unknown };
    const token = type === 'bellwire:link' ? tokenOfLink(url, location.origin) : null;
    if (token !== null) onToken(token);
  };
  addEventListener('message', receive);
  return () => removeEventListener('message', receive);
};
