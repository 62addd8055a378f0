import { decode, toHex } from './bytes.ts';

/** A piece of bytes: text, or hex digits of bytes that are not printable. */
export interface Segment {
  readonly text: string | null;
  readonly hex: string | null;
}

/** Where two bodies differ, with what surrounds it. Bytes that are not printable are written as `\xNN`. */
export interface Difference {
  /** The first byte that differs, from 0. */
  readonly at_byte: number;
  readonly before: string;
  readonly arrived: string;
  readonly signed: string;
  readonly after: string;
}

/** Everything that is invisible or moves the text around it. Line feeds and tabs of a text are shown as they are. */
const INVISIBLE = /([\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]+)/u;

const printable = (text: string): readonly Segment[] =>
  text
    .split(/((?:(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}])+)/u)
    .flatMap((part, index): readonly Segment[] => {
      if (part === '') return [];
      if (index % 2 === 0) return [{ text: part, hex: null }];
      return [{ text: null, hex: toHex(new TextEncoder().encode(part)) }];
    });

/** The bytes as text and, where they are not printable, as hex. */
export const segmentsOf = (bytes: Uint8Array): readonly Segment[] => {
  const text = decode(bytes);
  return text === null ? [{ text: null, hex: toHex(bytes) }] : printable(text);
};

const escaped = (bytes: Uint8Array): string =>
  (decode(bytes) ?? Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .split(INVISIBLE)
    .map((part, index) =>
      index % 2 === 0
        ? part
        : part === '\n'
          ? '\\n'
          : Array.from(new TextEncoder().encode(part), (byte) =>
              byte === 10
                ? '\\n'
                : byte === 13
                  ? '\\r'
                  : byte === 9
                    ? '\\t'
                    : `\\x${toHex(Uint8Array.of(byte))}`,
            ).join(''),
    )
    .join('');

const CONTEXT = 24;
const SHOWN = 80;

/** A start of a character at or before the byte. */
const charStart = (bytes: Uint8Array, at: number): number => {
  let index = at;
  while (index > 0 && ((bytes[index] ?? 0) & 0xc0) === 0x80) index -= 1;
  return index;
};

const cut = (bytes: Uint8Array, from: number, to: number): string => {
  const end = Math.min(to, from + SHOWN);
  return escaped(bytes.subarray(from, charStart(bytes, end))) + (end < to ? '…' : '');
};

/** The part in which the bodies differ; null if they are equal. */
export const differenceOf = (arrived: Uint8Array, signed: Uint8Array): Difference | null => {
  const least = Math.min(arrived.length, signed.length);
  let start = 0;
  while (start < least && arrived[start] === signed[start]) start += 1;
  if (start === arrived.length && start === signed.length) return null;
  let end = 0;
  while (end < least - start && arrived[arrived.length - 1 - end] === signed[signed.length - 1 - end])
    end += 1;
  const at = charStart(arrived.length > start ? arrived : signed, start);
  // The end must not split a character either.
  while (end > 0 && ((arrived[arrived.length - end] ?? 0) & 0xc0) === 0x80) end -= 1;
  const from = charStart(arrived, Math.max(0, at - CONTEXT));
  const after = arrived.length - end;
  const is_cut = Math.max(after, signed.length - end) - at > SHOWN;
  return {
    at_byte: start,
    before: escaped(arrived.subarray(from, at)),
    arrived: cut(arrived, at, after),
    signed: cut(signed, at, signed.length - end),
    after: is_cut ? '' : cut(arrived, after, Math.min(arrived.length, after + CONTEXT)),
  };
};
