const ACCEPT_ENCODING = 'accept-encoding';

const isAcceptEncoding = (name: string): boolean =>
  name.length === ACCEPT_ENCODING.length && name.toLowerCase() === ACCEPT_ENCODING;

/**
 * Headers in undici's flat form, in the caller's order. Asks for an unencoded answer unless the caller asks for
 * something else: we keep bodies as they came and never decode them.
 */
export const toOutboundHeaders = (headers: Readonly<Record<string, string>>): string[] => {
  const flat: string[] = [];
  let asksForEncoding = false;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    flat.push(name, value);
    asksForEncoding ||= isAcceptEncoding(name);
  }
  if (!asksForEncoding) flat.push(ACCEPT_ENCODING, 'identity');
  return flat;
};
