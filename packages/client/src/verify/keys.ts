import { type Bytes, fromBase64, utf8 } from './bytes.ts';
import type { Scheme } from './dialects.ts';

/** What a secret is for the signature: a key of HMAC-SHA256, a public key of ed25519, or a text to compare. */
export type Key =
  | { readonly kind: 'hmac'; readonly bytes: Bytes }
  | { readonly kind: 'ed25519'; readonly bytes: Bytes }
  | { readonly kind: 'text'; readonly text: string };

const SYMMETRIC = 'whsec_';
const PUBLIC = 'whpk_';
const ED25519_BYTES = 32;

const standardKey = (secret: string): Key | null => {
  if (secret.startsWith(PUBLIC)) {
    const bytes = fromBase64(secret.slice(PUBLIC.length));
    return bytes?.length === ED25519_BYTES ? { kind: 'ed25519', bytes } : null;
  }
  if (!secret.startsWith(SYMMETRIC)) return { kind: 'hmac', bytes: utf8(secret) };
  const bytes = fromBase64(secret.slice(SYMMETRIC.length));
  return bytes === null || bytes.length === 0 ? null : { kind: 'hmac', bytes };
};

const keyOf = (scheme: Scheme, secret: string): Key | null => {
  // An empty key would make a signature that anybody can make.
  if (secret === '') return null;
  if (scheme === 'standard') return standardKey(secret);
  if (scheme === 'plain') return { kind: 'text', text: secret };
  return { kind: 'hmac', bytes: utf8(secret) };
};

/** The keys of the secrets that can be used; the others are left out. */
export const keysOf = (scheme: Scheme, secrets: readonly string[]): readonly Key[] =>
  secrets.map((secret) => keyOf(scheme, secret)).filter((key) => key !== null);
