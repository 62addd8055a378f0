import { BellwireError } from '../core/errors.ts';
import { isLoopbackHost } from './own-hosts.ts';

/** The origin of the console as browsers send it: the public URL, or the one of the request on plain HTTP. */
export const ownOrigin = (request: Request, public_url: string | null): URL =>
  new URL(public_url ?? `http://${request.headers.get('host') ?? new URL(request.url).host}`);

/** Whether a browser keeps a `Secure` cookie of this origin: over HTTPS, and on this machine. */
export const keepsCookie = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || isLoopbackHost(hostname);

/** Cookies ignore ports, so that the name distinguishes the servers of one machine. */
const cookieName = ({ port }: URL): string => (port === '' ? '__Host-bellwire' : `__Host-bellwire-${port}`);

const attributes = 'Path=/; HttpOnly; Secure; SameSite=Strict';

/** The `Set-Cookie` header of a session. */
export const sessionCookie = (origin: URL, token: string, max_age_ms: number): string =>
  `${cookieName(origin)}=${token}; Max-Age=${Math.floor(max_age_ms / 1000)}; ${attributes}`;

export const expiredCookie = (origin: URL): string => `${cookieName(origin)}=; Max-Age=0; ${attributes}`;

/** The token in the cookie of a request; null if there is none. */
export const tokenIn = (request: Request, origin: URL): string | null => {
  const name = cookieName(origin);
  for (const pair of (request.headers.get('cookie') ?? '').split(';')) {
    const [key, token] = pair.trim().split('=');
    if (key === name && token !== undefined && /^[\w-]{1,128}$/.test(token)) return token;
  }
  return null;
};

const isRead = ({ method }: Request): boolean => method === 'GET' || method === 'HEAD';

/**
 * Refuses a request that another site or another port of this machine caused: browsers send it with the cookie, since
 * ports do not count as another site.
 * @throws BellwireError `forbidden`
 */
export const assertOwnOrigin = (request: Request, expected: URL): void => {
  const site = request.headers.get('sec-fetch-site');
  const origin = request.headers.get('origin');
  const is_foreign =
    (site !== null && site !== 'same-origin') ||
    (origin !== null && origin !== expected.origin) ||
    // Neither header: not a browser of today, or not a request of the page.
    (site === null && origin === null && !isRead(request));
  if (!is_foreign) return;
  throw new BellwireError(
    'forbidden',
    `A session is valid only for the console at ${expected.origin}; this request comes from ${origin ?? 'elsewhere'}. Behind a proxy, set BELLWIRE_PUBLIC_URL to the address in the browser. Other programs use an API key.`,
  );
};

/**
 * The token of the session that authenticates a request; null without one. An API key takes precedence.
 * @throws BellwireError `forbidden` for a request of another origin
 */
export const sessionOf = (request: Request, public_url: string | null): string | null => {
  if (request.headers.has('authorization') || !request.headers.has('cookie')) return null;
  const origin = ownOrigin(request, public_url);
  const token = tokenIn(request, origin);
  if (token !== null) assertOwnOrigin(request, origin);
  return token;
};
