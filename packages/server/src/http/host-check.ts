import { BellwireError } from '../core/errors.ts';
import { hostnameIn, isLoopbackHost } from './own-hosts.ts';

/** The address that a server is bound to. */
export interface Binding {
  /** An address or name, IPv6 without brackets. */
  readonly host: string;
  readonly public_url?: string | null | undefined;
}

/** Decides whether a server answers requests with a `Host` header; null if it does. */
export type HostCheck = (header: string | null) => BellwireError | null;

const refusal = (host: string, bound: string): BellwireError =>
  new BellwireError(
    'host_refused',
    `This server listens on ${bound} and was addressed as "${host.slice(0, 255)}". It answers only to names of this machine, such as localhost and 127.0.0.1, because web pages could otherwise reach it under a name of their own (DNS rebinding). If people or programs use this name, for example through a proxy, start Bellwire with it in BELLWIRE_PUBLIC_URL, such as https://webhooks.example.com.`,
  );

/**
 * On loopback, accepts only names of this machine and the host of the public URL, with any port: a page that rebinds its
 * own name to 127.0.0.1 would otherwise be of the same origin as the server. Null for a server that is bound to other
 * addresses.
 */
export const createHostCheck = ({ host, public_url }: Binding): HostCheck | null => {
  const bound = hostnameIn(host.includes(':') ? `[${host}]` : host);
  if (bound === null || !isLoopbackHost(bound)) return null;
  const known = public_url === null || public_url === undefined ? null : hostnameIn(new URL(public_url).host);
  let last_accepted: string | null = null;
  return (header) => {
    // HTTP/1.0 does not need one, and browsers always send it.
    if (header === last_accepted || header === null) return null;
    const hostname = hostnameIn(header);
    const isKnown = hostname !== null && (isLoopbackHost(hostname) || hostname === known);
    if (!isKnown) return refusal(header, host);
    last_accepted = header;
    return null;
  };
};

/** The refusal of a request with several `Host` headers, of which a proxy in front can read another one; else null. */
export const severalHosts = (raw_headers: readonly string[]): BellwireError | null => {
  let hosts = 0;
  for (let at = 0; at < raw_headers.length; at += 2) {
    const name = raw_headers[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1
    ? new BellwireError('ambiguous_host', 'The request has several Host headers. Send exactly one.')
    : null;
};
