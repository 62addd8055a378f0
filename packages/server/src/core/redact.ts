import { HIDDEN_VALUE } from './custom-headers.ts';
import type { SendableHook } from './hook.ts';
import { ASYMMETRIC_PREFIX, SYMMETRIC_PREFIX } from './secrets.ts';

/** Replaces secret values in a text by `[secret]`. */
export type Redact = (text: string) => string;

/** A shorter value is not searched for: it would match by chance. */
const SHORTEST = 8;
/** The beginning of a longer value counts as the value, so that one that was cut off is found. */
const LONGEST = 32;

/** The credentials of an `Authorization` header without its scheme; those of `Basic` also decoded. */
const credentialsIn = (value: string): readonly string[] => {
  const [, scheme = '', credentials = ''] = /^(\S+)\s+(.+)$/.exec(value) ?? [];
  if (scheme.toLowerCase() !== 'basic') return [credentials];
  const decoded = Buffer.from(credentials, 'base64').toString();
  return [credentials, decoded, decoded.slice(decoded.indexOf(':') + 1)];
};

const secretParts = (secret: string): readonly string[] => {
  const prefix = [SYMMETRIC_PREFIX, ASYMMETRIC_PREFIX].find((one) => secret.startsWith(one));
  return prefix === undefined ? [secret] : [secret, secret.slice(prefix.length)];
};

/** The values that must not be shown of a hook: those of its custom headers, and its current and previous secrets. */
const valuesOf = ({ headers, secrets }: Pick<SendableHook, 'headers' | 'secrets'>): readonly string[] => [
  ...Object.entries(headers).flatMap(([name, value]) =>
    name.toLowerCase().endsWith('authorization') ? [value, ...credentialsIn(value)] : [value],
  ),
  ...secrets.flatMap(({ value }) => secretParts(value)),
];

/**
 * Base64 of a value inside longer data, at the three positions that it can have in a group of three bytes: the digits
 * that depend on the value alone.
 */
const inBase64 = (value: string): readonly string[] =>
  [0, 1, 2].map((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]);
    const from = Math.ceil((offset * 8) / 6);
    return bytes.toString('base64').slice(from, Math.floor((bytes.length * 8) / 6));
  });

const urlSafe = (base64: string): string => base64.replaceAll('+', '-').replaceAll('/', '_');

const lowerHex = (text: string): string => text.replaceAll(/%[0-9A-F]{2}/g, (digits) => digits.toLowerCase());

const inUrls = (value: string): readonly string[] => {
  // A lone surrogate cannot be percent-encoded.
  const encoded = encodeURIComponent(value.toWellFormed());
  const spellings = [
    encoded,
    encoded.replaceAll('%2F', '/'),
    new URLSearchParams({ v: value }).toString().slice(2),
  ];
  return [...spellings, ...spellings.map(lowerHex)];
};

const inJson = (value: string): readonly string[] => {
  const text = JSON.stringify(value).slice(1, -1);
  return [text, text.replaceAll('/', '\\/')];
};

const spellingsOf = (value: string): readonly string[] => {
  const base64 = inBase64(value);
  // Escaped nowhere.
  if (/^[\w-]+$/.test(value)) return [value, ...base64, ...base64.map(urlSafe)];
  return [value, ...base64, ...base64.map(urlSafe), ...inUrls(value), ...inJson(value)];
};

const BASE = 0x01_00_01_93;
let power = 1;
for (let n = 1; n < SHORTEST; n += 1) power = Math.imul(power, BASE);
/** The weight of the character that leaves the window of a rolling hash. */
const LEAVING = power;

const hashOf = (text: string): number => {
  let hash = 0;
  for (let at = 0; at < SHORTEST; at += 1) hash = (Math.imul(hash, BASE) + text.charCodeAt(at)) | 0;
  return hash;
};

/** How many characters of `needle` are at a position of the text. */
const matchAt = (text: string, at: number, needle: string): number => {
  let length = 0;
  while (length < needle.length && text.charCodeAt(at + length) === needle.charCodeAt(length)) length += 1;
  return length;
};

/** Characters that may be compared in vain, per character of a text, before the whole text is hidden. */
const WASTE = 16;

/** The end of a text without the replacement characters of a character that was cut off. */
const endOf = (text: string): number => {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0xff_fd) end -= 1;
  return end;
};

/** Searches for many texts in one pass (Rabin and Karp), so that its time does not depend on their number. */
class Redaction {
  /** By the hash of the first characters. */
  readonly #needles = new Map<number, string[]>();
  /** Marks the last bits of those hashes: most characters of most texts need no more than this. */
  readonly #marks: Uint8Array;
  #waste = 0;

  constructor(needles: ReadonlySet<string>) {
    this.#marks = new Uint8Array(2 ** Math.ceil(Math.log2(needles.size * 16)));
    for (const needle of needles) {
      const hash = hashOf(needle);
      const known = this.#needles.get(hash);
      if (known === undefined) this.#needles.set(hash, [needle]);
      else known.push(needle);
      this.#marks[hash & (this.#marks.length - 1)] = 1;
    }
  }

  readonly redact: Redact = (text) => {
    if (text.length < SHORTEST) return text;
    const marks = this.#marks;
    const mask = marks.length - 1;
    const end = endOf(text);
    this.#waste = text.length * WASTE;
    let shown = '';
    let shown_to = 0;
    let hash = hashOf(text);
    for (let at = 0; ; at += 1) {
      if (marks[hash & mask] === 1 && at >= shown_to) {
        const found = this.#longestAt(text, { at, end, hash });
        if (this.#waste < 0) return HIDDEN_VALUE;
        if (found > 0) {
          shown += text.slice(shown_to, at) + HIDDEN_VALUE;
          shown_to = at + found;
        }
      }
      if (at + SHORTEST >= text.length) break;
      hash = (hash - Math.imul(text.charCodeAt(at), LEAVING)) | 0;
      hash = (Math.imul(hash, BASE) + text.charCodeAt(at + SHORTEST)) | 0;
    }
    return shown_to === 0 ? text : shown + text.slice(shown_to);
  };

  /** The length of the longest value at a position: all of it, its long beginning, or its beginning up to the end. */
  #longestAt(
    text: string,
    { at, end, hash }: { readonly at: number; readonly end: number; readonly hash: number },
  ): number {
    let longest = 0;
    for (const needle of this.#needles.get(hash) ?? []) {
      const length = matchAt(text, at, needle);
      this.#waste -= length;
      const isHit = length >= LONGEST || length === needle.length || at + length >= end;
      if (length > longest && isHit) longest = length;
    }
    this.#waste += longest;
    return longest;
  }
}

/**
 * Finds the header values and secrets of a hook in texts, also in base64, percent-encoded or as in JSON, at least 8
 * characters long. Of longer values, the first 32 characters suffice, and at the end of a text the first 8. The time is
 * linear in the text, regardless of both; a text that repeats beginnings of the values too often is hidden as a whole.
 * Null without such values.
 */
export const createRedact = (hook: Pick<SendableHook, 'headers' | 'secrets'>): Redact | null => {
  const needles = valuesOf(hook)
    .filter((value) => value.length >= SHORTEST)
    .flatMap(spellingsOf);
  const long = new Set(needles.filter((needle) => needle.length >= SHORTEST));
  return long.size === 0 ? null : new Redaction(long).redact;
};
