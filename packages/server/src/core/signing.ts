import { createHash, createHmac, createPrivateKey, sign, timingSafeEqual } from 'node:crypto';
import { ASYMMETRIC_PREFIX, SYMMETRIC_PREFIX } from './secrets.ts';

export type Encoding = 'hex' | 'base64';

/** Text counts as its UTF-8 bytes. */
type Message = string | Uint8Array;

/** The signed message: `prefix`, then the body. The body may be bytes, so the two are never joined into one text. */
export interface Prefixed {
  readonly prefix: string;
  readonly body: Message;
}

/** HMAC-SHA256 (RFC 2104) under `key`, as text. */
export const hmacSha256 = (key: Message, { prefix, body }: Prefixed, encoding: Encoding): string =>
  createHmac('sha256', key).update(prefix).update(body).digest(encoding);

/** HMAC-SHA1, for receivers that support nothing newer. */
export const hmacSha1 = (key: string, body: Message): string =>
  createHmac('sha1', key).update(body).digest('hex');

/** SHA-256 of a text, as bytes. */
export const sha256 = (text: string): Uint8Array => createHash('sha256').update(text).digest();

/** The HMAC key of a secret: the decoded bytes after `whsec_`, else the text's UTF-8 bytes. */
const symmetricKey = (secret: string): string | Uint8Array =>
  secret.startsWith(SYMMETRIC_PREFIX) ? Buffer.from(secret.slice(SYMMETRIC_PREFIX.length), 'base64') : secret;

// RFC 8410: the bytes before the 32-byte seed in the PKCS #8 form of an ed25519 key.
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

const signEd25519 = (secret: string, { prefix, body }: Prefixed): string => {
  const seed = Buffer.from(secret.slice(ASYMMETRIC_PREFIX.length), 'base64').subarray(0, 32);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8' });
  const message = Buffer.concat([Buffer.from(prefix), Buffer.from(body)]);
  return sign(null, message, key).toString('base64');
};

/** One signature of the Standard Webhooks specification: `v1,…` by HMAC-SHA256, `v1a,…` by ed25519 for a `whsk_` key. */
export const signStandard = (secret: string, message: Prefixed): string =>
  secret.startsWith(ASYMMETRIC_PREFIX)
    ? `v1a,${signEd25519(secret, message)}`
    : `v1,${hmacSha256(symmetricKey(secret), message, 'base64')}`;

/** Whether two texts are equal. The time taken does not reveal where they differ. */
export const equalInConstantTime = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};
