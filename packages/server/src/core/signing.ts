import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export type Encoding = 'hex' | 'base64';

/** HMAC-SHA256 (RFC 2104) of `message` under `key`, as text. Strings count as their UTF-8 bytes. */
export const hmacSha256 = (key: string | Uint8Array, message: string, encoding: Encoding): string =>
  createHmac('sha256', key).update(message).digest(encoding);

const STANDARD_PREFIX = 'whsec_';
const CANONICAL_BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A new secret of the Standard Webhooks form: `whsec_` and 32 random bytes in base64. */
export const makeStandardSecret = (): string => STANDARD_PREFIX + randomBytes(32).toString('base64');

/** Whether a secret that claims the Standard Webhooks form has it: canonical base64 of 24 to 64 bytes. */
export const isWellFormedStandardSecret = (secret: string): boolean => {
  const encoded = secret.slice(STANDARD_PREFIX.length);
  // Buffer.from skips what is no base64, so the text is judged before it is decoded.
  if (!CANONICAL_BASE64.test(encoded)) return false;
  const size = Buffer.from(encoded, 'base64').length;
  return size >= 24 && size <= 64;
};

/** The HMAC key of a secret: the decoded bytes after `whsec_`, else the text's UTF-8 bytes. */
export const standardKey = (secret: string): string | Uint8Array =>
  secret.startsWith(STANDARD_PREFIX) ? Buffer.from(secret.slice(STANDARD_PREFIX.length), 'base64') : secret;

/** Whether two texts are equal, in a time that does not tell where they differ. */
export const equalInConstantTime = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};
