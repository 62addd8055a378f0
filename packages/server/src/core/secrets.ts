type RandomBytes = (size: number) => Uint8Array;

const CANONICAL_BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Symmetric secrets of the Standard Webhooks specification. */
export const SYMMETRIC_PREFIX = 'whsec_';
/** Private ed25519 keys of the same specification: 32 bytes of seed and 32 of public key. */
export const ASYMMETRIC_PREFIX = 'whsk_';

/** A new secret of the Standard Webhooks form: `whsec_` and 32 random bytes in base64. */
export const makeStandardSecret = (randomBytes: RandomBytes): string =>
  SYMMETRIC_PREFIX + Buffer.from(randomBytes(32)).toString('base64');

/** A new secret of 40 hex digits: 160 random bits. */
export const makeHexSecret = (randomBytes: RandomBytes): string =>
  Buffer.from(randomBytes(20)).toString('hex');

/** Whether a secret with one of the prefixes continues with canonical base64 of 24 to 64 bytes, or of a key pair. */
export const isWellFormedStandardSecret = (secret: string): boolean => {
  const isPrivateKey = secret.startsWith(ASYMMETRIC_PREFIX);
  const encoded = secret.slice((isPrivateKey ? ASYMMETRIC_PREFIX : SYMMETRIC_PREFIX).length);
  // Buffer.from skips characters outside base64, so the text is checked before it is decoded.
  if (!CANONICAL_BASE64.test(encoded)) return false;
  const size = Buffer.from(encoded, 'base64').length;
  return isPrivateKey ? size === 64 : size >= 24 && size <= 64;
};
