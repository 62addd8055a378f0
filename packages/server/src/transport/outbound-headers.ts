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
