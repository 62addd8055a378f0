/**
 * Top-level names that never belong to a public receiver: the IANA Special-Use Domain Names registry
 * (RFC 6761, 6762, 7686, 8375, 9476), ICANN's `internal`, and names common in private networks. `example.com` and the
 * like are not included: they are reserved but harmless, and common in documentation.
 */
const SPECIAL_TOP_LEVEL: ReadonlySet<string> = new Set([
  'alt',
  'arpa',
  'corp',
  'example',
  'home',
  'internal',
  'intranet',
  'invalid',
  'lan',
  'local',
  'localdomain',
  'onion',
  'private',
  'test',
]);

/** `localhost` and every name under it (RFC 6761 section 6.3): this machine, regardless of DNS. */
export const isLocalhost = (name: string): boolean => name === 'localhost' || name.endsWith('.localhost');

/** Whether `name` (lower case, without a trailing dot) is reserved outside the public DNS. */
export const isSpecialUseName = (name: string): boolean =>
  SPECIAL_TOP_LEVEL.has(name.slice(name.lastIndexOf('.') + 1));

/** `example.com.` and `example.com` are one host; certificates and SNI use only the second (RFC 6066 section 3). */
export const withoutTrailingDot = (name: string): string => (name.endsWith('.') ? name.slice(0, -1) : name);
