import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Dialect } from './dialects.ts';

/** What a secret is used as: the bytes of an HMAC key, or an ed25519 public key. */
export type Key = Uint8Array | KeyObject;

// RFC 8410: what stands before the 32 bytes of an ed25519 public key in its SPKI form.
const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex');

/** The bytes of a base64 text; null when they would not be written exactly like it. */
export const fromBase64 = (text: string): Buffer | null => {
  // Buffer.from skips what is no base64, so only writing it again tells.
  const bytes = Buffer.from(text, 'base64');
  return bytes.length > 0 && bytes.toString('base64') === text ? bytes : null;
};

const publicKey = (bytes: Buffer | null): KeyObject | null =>
  bytes?.length === 32
    ? createPublicKey({ key: Buffer.concat([SPKI_ED25519, bytes]), format: 'der', type: 'spki' })
    : null;

/** The key that a secret stands for; null when it cannot be used. */
export const keyOf = ({ prefixed_secrets }: Dialect, secret: string): Key | null => {
  if (secret === '') return null;
  if (prefixed_secrets && secret.startsWith('whsec_')) return fromBase64(secret.slice('whsec_'.length));
  if (prefixed_secrets && secret.startsWith('whpk_')) {
    return publicKey(fromBase64(secret.slice('whpk_'.length)));
  }
  return Buffer.from(secret);
};
