import type { OutboundRequest, TransportHeaders } from '../ports/transport.ts';

const ACCEPT_ENCODING = 'accept-encoding';

const isAcceptEncoding = (name: string): boolean =>
  name.length === ACCEPT_ENCODING.length && name.toLowerCase() === ACCEPT_ENCODING;

/**
 * Headers in undici's flat form, in the caller's order. Requests an unencoded response by default, because captured
 * bodies are never decompressed.
 */
export const toOutboundHeaders = (headers: Readonly<Record<string, string>>): string[] => {
  const flat: string[] = [];
  let hasAcceptEncoding = false;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    flat.push(name, value);
    hasAcceptEncoding ||= isAcceptEncoding(name);
  }
  if (!hasAcceptEncoding) flat.push(ACCEPT_ENCODING, 'identity');
  return flat;
};

/**
 * The headers that undici writes around those of a request to `host`: undici does not report them. `keeps_connection` is
 * whether its agent reuses connections.
 */
export const transportHeaders = (
  { method, body }: OutboundRequest,
  host: string,
  keeps_connection: boolean,
): TransportHeaders => ({
  first: { host, connection: keeps_connection ? 'keep-alive' : 'close' },
  // undici does not announce an empty body of a method that needs none.
  last: body === '' && method === 'DELETE' ? {} : { 'content-length': String(Buffer.byteLength(body)) },
});
