import { type Bytes, equalInConstantTime, fromBase64, join, toBase64, toHex, utf8 } from './bytes.ts';
import type { Scheme } from './dialects.ts';
import type { Key } from './keys.ts';

/** What a signature stands for: the header's text, and what was signed. */
export interface Signed {
  readonly signature: string;
  readonly id: string;
  readonly timestamp: string;
  readonly body: Bytes;
}

const hmac = async (key: Bytes, message: Bytes): Promise<Bytes> => {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ]);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, message));
};

const isEd25519 = async (key: Bytes, signature: string, message: Bytes): Promise<boolean> => {
  const bytes = fromBase64(signature);
  if (bytes === null) return false;
  const imported = await crypto.subtle.importKey('raw', key, { name: 'Ed25519' }, false, ['verify']);
  return crypto.subtle.verify('Ed25519', imported, bytes, message);
};

/** The texts behind `prefix` among the parts of a header. */
const partsOf = (header: string, separator: string, prefix: string): readonly string[] =>
  header
    .split(separator)
    .filter((part) => part.startsWith(prefix))
    .map((part) => part.slice(prefix.length));

/** Every pair is tried, whatever came out before: the time does not tell which secret it was. */
const isAny = (candidates: readonly string[], expected: string): boolean =>
  candidates.map((candidate) => equalInConstantTime(candidate, expected)).includes(true);

const sha256 = async (text: string): Promise<string> =>
  toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(text))));

/** Digests are of one length, so the time does not tell the secret's. */
const isText = async (candidate: string, secret: string): Promise<boolean> =>
  equalInConstantTime(await sha256(candidate), await sha256(secret));

type HmacScheme = Exclude<Scheme, 'plain'>;

/** The bytes before the body that an HMAC covers too. */
const prefixes: Readonly<Record<HmacScheme, (signed: Signed) => string>> = {
  standard: ({ id, timestamp }) => `${id}.${timestamp}.`,
  stripe: ({ timestamp }) => `${timestamp}.`,
  slack: ({ timestamp }) => `v0:${timestamp}:`,
  base64: () => '',
  hex: () => '',
  'sha256=hex': () => '',
};

/** The signatures in a header that could be an HMAC's text, without what names their scheme. */
const candidates: Readonly<Record<HmacScheme, (header: string) => readonly string[]>> = {
  standard: (header) => partsOf(header, ' ', 'v1,'),
  stripe: (header) => partsOf(header, ',', 'v1='),
  slack: (header) => [header].filter((one) => one.startsWith('v0=')).map((one) => one.slice('v0='.length)),
  base64: (header) => [header],
  hex: (header) => [header],
  'sha256=hex': (header) =>
    [header].filter((one) => one.startsWith('sha256=')).map((one) => one.slice('sha256='.length)),
};

const isBase64: ReadonlySet<Scheme> = new Set<Scheme>(['standard', 'base64']);

const isHmac = async (scheme: HmacScheme, key: Bytes, signed: Signed): Promise<boolean> => {
  const mac = await hmac(key, join([utf8(prefixes[scheme](signed)), signed.body]));
  // Texts are compared, not decoded bytes: a decoder that forgives would take more than one text for a signature.
  return isAny(candidates[scheme](signed.signature), isBase64.has(scheme) ? toBase64(mac) : toHex(mac));
};

/** Whether one key made the signature. */
export const isSignedWith = async (scheme: Scheme, key: Key, signed: Signed): Promise<boolean> => {
  if (key.kind === 'text') return isText(signed.signature, key.text);
  if (scheme === 'plain') return false;
  if (key.kind === 'hmac') return isHmac(scheme, key.bytes, signed);
  const message = join([utf8(prefixes[scheme](signed)), signed.body]);
  const verdicts = partsOf(signed.signature, ' ', 'v1a,').map((part) => isEd25519(key.bytes, part, message));
  return (await Promise.all(verdicts)).includes(true);
};
