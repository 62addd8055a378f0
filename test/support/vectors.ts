import { readFileSync } from 'node:fs';

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

/** A published signature, or one derived from a published one. */
export interface SignatureVector {
  readonly name: string;
  readonly scheme: string;
  readonly secret?: string;
  readonly secretHex?: string;
  readonly secrets?: readonly string[];
  readonly id?: string;
  readonly timestamp?: number;
  readonly payload?: string;
  readonly payloadRepeat?: readonly [string, number];
  readonly payloadHex?: string;
  readonly expected: string;
  readonly hex?: string;
}

export const signatureVectors = read('../vectors/signatures.json') as readonly SignatureVector[];

/** The body as text, or as bytes when it is not valid UTF-8. */
export const payloadOf = (vector: SignatureVector): string | Uint8Array =>
  vector.payload ??
  vector.payloadRepeat?.[0].repeat(vector.payloadRepeat[1]) ??
  Buffer.from(vector.payloadHex!, 'hex');

/** A secret that a hook may or may not have. */
export interface SecretCase {
  readonly name: string;
  readonly dialects: readonly string[];
  readonly secret: string | null;
  readonly accepted: boolean;
}

export const secretCases = read('../vectors/secrets.json') as readonly SecretCase[];

/** A request and the result that every receiver must reach. */
export interface ReceivingCase {
  readonly name: string;
  readonly dialect: string;
  /** Current first. */
  readonly secrets: readonly string[];
  /** Seconds since 1970, at the receiver. */
  readonly now: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly body_base64?: string;
  readonly body_repeat?: readonly [string, number];
  readonly accepted: boolean;
  readonly reason?: string;
  /** The capability that a receiver needs to check this case. */
  readonly needs?: 'ed25519';
}

export const receivingCases = read('../../packages/verify/cases.json') as readonly ReceivingCase[];

export const bodyOf = ({ body, body_base64, body_repeat }: ReceivingCase): Buffer =>
  body_base64 === undefined
    ? Buffer.from(body ?? body_repeat![0].repeat(body_repeat![1]))
    : Buffer.from(body_base64, 'base64');
