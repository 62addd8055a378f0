const LOOPBACK_IPV4 = /^127(?:\.\d{1,3}){3}$/;

/** Whether a host as in a URL is a name of this machine that no DNS server can give away: `localhost`, `127.0.0.1`, `[::1]`. */
export const isLoopbackHost = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || LOOPBACK_IPV4.test(host);

const urlOf = (scheme: 'http' | 'https', host: string): URL | null => URL.parse(`${scheme}://${host}`);

/** The host of a `Host` header as URLs write it, without its port and a dot at its end; null if it is none. */
export const hostnameIn = (header: string): string | null => {
  const hostname = /[/?#@\\]/.test(header) ? undefined : urlOf('http', header)?.hostname;
  return hostname === undefined || hostname === '' ? null : hostname.replace(/\.$/, '');
};

/**
 * The origins under which a request with this `Host` header may have reached the server. With a public URL, those are it
 * and loopback: any other host is only what the client claims.
 */
export const ownOrigins = (header: string, public_url: string | null): ReadonlySet<string> => {
  const hostname = hostnameIn(header);
  const isOwn = hostname !== null && (public_url === null || isLoopbackHost(hostname));
  const given = isOwn ? [urlOf('http', header), urlOf('https', header)] : [];
  const known = public_url === null ? [] : [new URL(public_url)];
  return new Set([...known, ...given].flatMap((url) => url?.origin ?? []));
};
