import { BellwireError } from './errors.ts';

const MAX_LEVELS = 128;
const MAX_CHARACTERS_SHOWN = 64;

const QUOTE = 34;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const UPPER_E = 69;
const BACKSLASH = 92;
const LOWER_E = 101;
// `[` and `{` differ in one bit only, and so do `]` and `}`.
const OPENING = 123;
const CLOSING = 125;
const BRACKET_TO_BRACE = 32;

/** A double represents every number of up to 15 digits exactly enough to print it again. */
const SAFE_CHARACTERS = 15;

/** A canonical form of a decimal number: sign, digits without leading and trailing zeros, power of ten. */
const decimalOf = (number: string): string => {
  const sign = number.startsWith('-') ? '-' : '';
  const [mantissa = '', exponent = '0'] = number.slice(sign.length).toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = whole + fraction;
  let start = 0;
  while (digits.charCodeAt(start) === ZERO) start += 1;
  // A loop, since /0+$/ takes quadratic time on a long run of zeros in the middle.
  let end = digits.length;
  while (end > start && digits.charCodeAt(end - 1) === ZERO) end -= 1;
  if (start === end) return '0';
  return `${sign}${digits.slice(start, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
};

const isRepresentable = (number: string): boolean => {
  const double = Number(number);
  if (!Number.isFinite(double)) return false;
  const shortest = JSON.stringify(double);
  return shortest === number || decimalOf(shortest) === decimalOf(number);
};

/** The index of the quote that closes the string that starts at `start`. */
const endOfString = (text: string, start: number): number => {
  let at = start + 1;
  for (let code = text.charCodeAt(at); at < text.length && code !== QUOTE; code = text.charCodeAt(at)) {
    at += code === BACKSLASH ? 2 : 1;
  }
  return at;
};

const isDigit = (code: number): boolean => code >= ZERO && code <= NINE;

interface Scan {
  readonly unsafe_number: string | null;
  readonly too_deep: boolean;
}

/**
 * Scans a JSON text, valid or not, up to the first bracket that is too deep. A reviver of JSON.parse could find the
 * numbers too, but takes five times as long as this scan and JSON.parse together, and does not limit the depth.
 */
const scan = (text: string): Scan => {
  let unsafe_number: string | null = null;
  let levels = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === MINUS || isDigit(code)) {
      let end = at + 1;
      let has_exponent = false;
      for (; end < text.length; end += 1) {
        const inside = text.charCodeAt(end);
        if (inside === LOWER_E || inside === UPPER_E) has_exponent = true;
        else if (!isDigit(inside) && inside !== POINT && inside !== PLUS && inside !== MINUS) break;
      }
      if (unsafe_number === null && (has_exponent || end - at > SAFE_CHARACTERS)) {
        const number = text.slice(at, end);
        if (!isRepresentable(number)) unsafe_number = number;
      }
      at = end - 1;
    } else if ((code | BRACKET_TO_BRACE) === OPENING) {
      levels += 1;
      if (levels > MAX_LEVELS) return { unsafe_number, too_deep: true };
    } else if ((code | BRACKET_TO_BRACE) === CLOSING) {
      levels -= 1;
    }
  }
  return { unsafe_number, too_deep: false };
};

/**
 * The first number in a valid JSON text that JavaScript cannot represent exactly, as written there; null when there
 * is none. `1.10`, `1e2` and `5e-324` are representable; `9007199254740993`, `1e400` and `1e-400` are not.
 */
export const unsafeNumber = (text: string): string | null => scan(text).unsafe_number;

const invalid = (what: string): BellwireError => new BellwireError('invalid_json', `The body ${what}.`);

/** The safe part of V8's message: the text before its quote of the input, and the position. */
const explain = (error: unknown): string => {
  const message = error instanceof Error ? error.message : '';
  const place = /at position \d+ \((line \d+ column \d+)\)/.exec(message)?.[1];
  const [problem = ''] = message.split(/ (?:in|of) JSON| at position|, (?:\.\.\.)?"|"/, 1);
  const detail = `${problem.slice(0, 1).toLowerCase()}${problem.slice(1, 80).trim()}`;
  return [detail === '' ? '' : `: ${detail}`, place === undefined ? '' : `, at ${place}`].join('');
};

const shorten = (number: string): string =>
  number.length > MAX_CHARACTERS_SHOWN ? `${number.slice(0, MAX_CHARACTERS_SHOWN - 1)}…` : number;

/**
 * Parses a JSON text, and guarantees that every number has the value that was sent. The last of duplicate keys wins, as
 * in JSON.parse.
 * @throws BellwireError `invalid_json` (also for more than 128 levels, detected before parsing, and for a byte order
 * mark), `number_not_representable`.
 */
export const parseJsonText = (text: string): unknown => {
  if (text.startsWith('\uFEFF')) throw invalid('starts with a byte order mark. Send the JSON without it');
  const { unsafe_number, too_deep } = scan(text);
  if (too_deep) throw invalid(`is nested deeper than ${MAX_LEVELS} levels`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(`is not valid JSON${explain(error)}`);
  }
  if (unsafe_number === null) return value;
  throw new BellwireError(
    'number_not_representable',
    `The number ${shorten(unsafe_number)} cannot be represented exactly in JavaScript. Send it as a string.`,
  );
};

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes UTF-8. A byte order mark is kept.
 * @throws BellwireError `invalid_utf8`.
 */
export const decodeUtf8 = (bytes: Uint8Array): string => {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new BellwireError('invalid_utf8', 'The body is not valid UTF-8.');
  }
};
