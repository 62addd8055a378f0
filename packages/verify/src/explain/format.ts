import { type DialectName, isUsableSecret, receiverDialects, type Scheme, verify } from '../verify.ts';
import { type Bytes, encode, fromBase64, hmacSha256, join, toBase64, toHex } from './bytes.ts';

/** The signed values, without the secret. */
export interface Signing {
  /** The values of the headers; empty where the dialect has none. */
  readonly id: string;
  readonly timestamp: string;
  readonly body: Bytes;
}

/** How a header writes an HMAC. */
export interface Layout {
  /** The text that is signed before the body, with `{id}` and `{timestamp}`. */
  readonly before: string;
  readonly label: string;
  /** Separates several signatures; null if there is only one. */
  readonly separator: string | null;
  readonly encoding: 'hex' | 'base64';
}

/** The signing rules of one dialect. */
export interface Format {
  readonly dialect: string;
  /** `own`: a function of the user's configuration signs. */
  readonly scheme: Scheme | 'own';
  /** Header names in lower case. */
  readonly signature: string;
  readonly timestamp: string | null;
  readonly id: string | null;
  /** Whether the signature header contains the time, as `t=`. */
  readonly is_time_inside: boolean;
  /** Whether the time is in seconds and must be near now. */
  readonly checks_time: boolean;
  /** Null for a scheme without an HMAC that is known here. */
  readonly layout: Layout | null;
  readonly isUsable: (secret: string) => boolean;
  /** The signature with its label; null if this secret cannot sign. */
  readonly sign: (secret: string, signing: Signing) => Promise<string | null>;
  /** Whether the value of the signature header matches, whatever the time. */
  readonly isSigned: (secret: string, signing: Signing, value: string) => Promise<boolean>;
}

const layouts: Readonly<Record<Exclude<Scheme, 'plain'>, Layout>> = {
  standard: { before: '{id}.{timestamp}.', label: 'v1,', separator: ' ', encoding: 'base64' },
  stripe: { before: '{timestamp}.', label: 'v1=', separator: ',', encoding: 'hex' },
  slack: { before: 'v0:{timestamp}:', label: 'v0=', separator: null, encoding: 'hex' },
  base64: { before: '', label: '', separator: null, encoding: 'base64' },
  hex: { before: '', label: '', separator: null, encoding: 'hex' },
  'sha256=hex': { before: '', label: 'sha256=', separator: null, encoding: 'hex' },
};

const encodings = { hex: toHex, base64: toBase64 };

/** The text that is signed before the body. */
export const prefixOf = ({ before }: Layout, { id, timestamp }: Signing): string =>
  before.replaceAll('{id}', () => id).replaceAll('{timestamp}', () => timestamp);

/** The parts of the signature header that may be signatures. */
export const partsOf = ({ separator }: Layout, value: string): readonly string[] =>
  (separator === null ? [value] : value.split(separator)).filter((part) => !part.startsWith('t='));

/** The key of a symmetric secret. */
export const keyOf = (scheme: Format['scheme'], secret: string): Bytes =>
  (scheme === 'standard' && secret.startsWith('whsec_') ? fromBase64(secret.slice('whsec_'.length)) : null) ??
  encode(secret);

/** The signature under a key, with its label. */
export const signWith = async (layout: Layout, key: Bytes, signing: Signing): Promise<string> => {
  const message = join(encode(prefixOf(layout, signing)), signing.body);
  return layout.label + encodings[layout.encoding](await hmacSha256(key, message));
};

/** `verify` decides about public keys: a signature of theirs cannot be computed here. */
const isVerified = async (
  dialect: DialectName,
  secret: string,
  [signing, value]: readonly [Signing, string],
) => {
  const { signature, timestamp, id } = receiverDialects[dialect];
  const headers = {
    [signature]: value,
    ...(timestamp === null ? {} : { [timestamp]: signing.timestamp }),
    ...('header' in id ? { [id.header]: signing.id } : {}),
  };
  const limits = { tolerance_s: Infinity, max_body_bytes: Infinity };
  return (await verify({ headers, body: signing.body }, { secret, dialect, ...limits })).accepted;
};

/** The format of a built-in dialect. */
export const formatOf = (dialect: DialectName): Format => {
  const { scheme, signature, timestamp, id } = receiverDialects[dialect];
  const layout = scheme === 'plain' ? null : layouts[scheme];
  const isUsable = (secret: string): boolean => isUsableSecret(scheme, secret);
  const isPublic = (secret: string): boolean => scheme === 'standard' && secret.startsWith('whpk_');
  const sign: Format['sign'] = async (secret, signing) =>
    layout === null || !isUsable(secret) || isPublic(secret)
      ? null
      : signWith(layout, keyOf(scheme, secret), signing);
  return {
    dialect,
    scheme,
    signature,
    timestamp,
    id: 'header' in id ? id.header : null,
    is_time_inside: scheme === 'stripe',
    checks_time: timestamp !== null || scheme === 'stripe',
    layout,
    isUsable,
    sign,
    isSigned: async (secret, signing, value) => {
      if (layout === null) return isUsable(secret) && secret === value;
      if (isPublic(secret)) return isVerified(dialect, secret, [signing, value]);
      const expected = await sign(secret, signing);
      return expected !== null && partsOf(layout, value).includes(expected);
    },
  };
};

/** The signing rules in one sentence. */
export const schemeInWords = ({ scheme, layout, signature }: Format): string => {
  if (scheme === 'plain') return `The header ${signature} carries the secret itself.`;
  if (layout === null) return `A function of the configuration signs into the header ${signature}.`;
  const { before, label, encoding } = layout;
  const message = before === '' ? 'the body' : `${before}{body}`;
  const after = label === '' ? '' : ` after "${label}"`;
  return `HMAC-SHA256 over ${message}, in ${encoding}${after}, in the header ${signature}.`;
};
