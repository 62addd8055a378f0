/**
 * The rights of an API key. `admin`: everything, in every workspace. `workspace`: everything in one. `send`: send events to
 * one, and read nothing. `read`: read everything in one but secrets, and change nothing.
 */
export const keyScopes = ['admin', 'workspace', 'send', 'read'] as const;
export type KeyScope = (typeof keyScopes)[number];

/** The scope of a caller. `portal` belongs to the sessions of the customer portal, not to API keys. */
export type Scope = KeyScope | 'portal';

/** Whether a call that declares `needed` accepts an API key with `scope`. */
export const mayCall = (scope: KeyScope, needed: KeyScope): boolean =>
  scope === needed || scope === 'admin' || (scope === 'workspace' && needed !== 'admin');

/** The scope and the id in the text of a key. */
export interface ReadKey {
  readonly scope: Scope;
  /** The part of the id behind `key_`. */
  readonly id: string;
}

const SECRET_BYTES = 32;
/** 62^43 is just above 2^256. */
const SECRET_DIGITS = 43;
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PREFIX = 'bw_';

/** A key that Bellwire has created: `bw_<scope>_<id>_<secret>_<check>`. The documentation has the same expression. */
const FORM = /^(bw_(admin|workspace|send|read|portal)_([0-9a-z]{26})_[0-9A-Za-z]{43})_([0-9a-f]{8})$/;

// The reflected polynomial of CRC-32 (ISO-HDLC), as in gzip and PNG.
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 of ASCII text, as 8 hexadecimal digits in lower case. */
const checksumOf = (text: string): string => {
  let crc = 0xffffffff;
  for (let index = 0; index < text.length; index += 1) {
    crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ text.charCodeAt(index)) & 0xff] ?? 0);
  }
  return ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
};

/** Letters and digits only: a double click selects a whole key, and a shell needs no quotes. */
const encodeSecret = (bytes: Uint8Array): string => {
  let value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  let text = '';
  for (let digit = 0; digit < SECRET_DIGITS; digit += 1) {
    text = (ALPHABET[Number(value % 62n)] ?? '') + text;
    value /= 62n;
  }
  return text;
};

/** A new key for the id `<prefix>_<id>`, with 256 random bits. */
export const composeKey = (scope: Scope, id: string, randomBytes: (size: number) => Uint8Array): string => {
  const [, digits = ''] = id.split('_');
  const text = `${PREFIX}${scope}_${digits}_${encodeSecret(randomBytes(SECRET_BYTES))}`;
  return `${text}_${checksumOf(text)}`;
};

/**
 * Reads a key without checking whether it exists. `broken`: it begins like a key that Bellwire creates, but is truncated or
 * mistyped. Null for any other text.
 */
export const readKey = (key: string): ReadKey | 'broken' | null => {
  if (!key.startsWith(PREFIX)) return null;
  const [, text = '', scope, id = '', checksum] = FORM.exec(key) ?? [];
  return scope === undefined || checksumOf(text) !== checksum ? 'broken' : { scope: scope as Scope, id };
};
