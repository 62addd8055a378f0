import { type Bytes, fromBase64, fromHex } from './bytes.ts';
import { finding, type Finding } from './finding.ts';
import { type Format, type Layout, partsOf } from './format.ts';

const LABEL = /^(?:v\d+a?[,=]|sha\d+[=:]|hmac-sha256[ =:]|sig(?:nature)?=)/i;
const SHA256_BYTES = 32;

const HEX = /^[0-9a-f]{64}$/;
const BASE64 = /^[A-Za-z0-9+/]{43}=$/;

/** The digest in a value with any label and encoding; null if there is none. */
export const digestIn = (value: string): Bytes | null => {
  const bare = value
    .trim()
    .replaceAll(/^["']|["']$/g, '')
    .replace(LABEL, '')
    .trim();
  const bytes = fromHex(bare) ?? fromBase64(bare);
  return bytes?.length === SHA256_BYTES ? bytes : null;
};

const isWellShaped = ({ label, encoding }: Layout, part: string): boolean =>
  part.startsWith(label) && (encoding === 'hex' ? HEX : BASE64).test(part.slice(label.length));

const isEncoded = ({ encoding }: Layout, part: string): boolean =>
  (encoding === 'hex' ? HEX : BASE64).test(part.replace(LABEL, ''));

/** Why the value of the signature header cannot match any secret; null if it could. */
export const shapeFinding = (
  { layout, signature, is_time_inside }: Format,
  value: string,
): Finding | null => {
  if (layout === null) return null;
  const header = signature;
  const parts = partsOf(layout, value);
  if (parts.some((part) => isWellShaped(layout, part))) {
    const times = value.split(',').filter((part) => part.startsWith('t='));
    return is_time_inside && times.length !== 1 ? finding('signature_malformed', { header }) : null;
  }
  // Ed25519 signatures, which only `verify` can check.
  if (layout.label === 'v1,' && parts.some((part) => /^v1a,[A-Za-z0-9+/]{86}==$/.test(part))) return null;
  const digests = [value, ...parts].filter((part) => digestIn(part) !== null);
  if (digests.length === 0) return finding('signature_malformed', { header });
  const has_encoding = digests.some((part) => isEncoded(layout, part));
  return finding(has_encoding ? 'signature_prefix_wrong' : 'signature_encoding_wrong', { header });
};
