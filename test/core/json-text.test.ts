import { performance } from 'node:perf_hooks';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BellwireError } from '../../packages/server/src/core/errors.ts';
import { decodeUtf8, parseJsonText, unsafeNumber } from '../../packages/server/src/core/json-text.ts';
import { words } from '../support/words.ts';

const errorOf = (work: () => unknown): BellwireError => {
  try {
    work();
  } catch (error) {
    if (error instanceof BellwireError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};
const codeOf = (text: string) => errorOf(() => parseJsonText(text)).code;

/** A decimal number as an integer times a power of ten, exactly. */
const exactly = (number: string): readonly [bigint, number] => {
  const [mantissa = '', exponent = '0'] = number.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return [BigInt(whole + fraction), Number(exponent) - fraction.length];
};

const areEqual = (one: string, other: string): boolean => {
  const [digits, power] = exactly(one);
  const [otherDigits, otherPower] = exactly(other);
  const smaller = Math.min(power, otherPower);
  return digits * 10n ** BigInt(power - smaller) === otherDigits * 10n ** BigInt(otherPower - smaller);
};

const DIGITS = ['0', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

const digits = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...DIGITS), minLength: 1, maxLength, size: 'max' });

const numberText = fc
  .record({
    sign: fc.constantFrom('', '-'),
    whole: fc.oneof(
      fc.constant('0'),
      digits(22).map((text) => text.replace(/^0+(?=.)/, '')),
    ),
    fraction: fc.oneof(
      fc.constant(''),
      digits(22).map((text) => `.${text}`),
    ),
    exponent: fc.oneof(
      { weight: 2, arbitrary: fc.constant('') },
      fc
        .tuple(fc.constantFrom('e', 'E', 'e+', 'e-'), fc.integer({ min: 0, max: 400 }))
        .map((parts) => parts.join('')),
    ),
  })
  .map(({ sign, whole, fraction, exponent }) => `${sign}${whole}${fraction}${exponent}`);

describe('a number in a JSON text', () => {
  it.each([
    words`0 -0 0.0 0e999 -0.000e-999`,
    words`0.1 1.10 499.00 -12.5 19.99 123456789012345 0.000000000001`,
    words`1e2 1E2 1e+2 1e20 100000000000000000000 1.0e2 12e-1 5e-324 1.7976931348623157e308`,
    words`9007199254740991 9007199254740992 9007199254740994 1790000000000000000 0.30000000000000004`,
    ['1.000000000000000000000000000000', '0.0000000000000000000000000000001', `1${'0'.repeat(300)}`],
  ])('passes when JavaScript keeps its value: %s, %s, %s …', (...numbers) => {
    expect(numbers.map((number) => [number, unsafeNumber(`[1,${number}]`)])).toEqual(
      numbers.map((number) => [number, null]),
    );
  });

  it.each([
    ['9007199254740993', '-9007199254740993', '12345678901234567890', '9007199254740992.5'],
    ['123456789.123456789', '0.1000000000000000055511151231257827', '3.14159265358979323846'],
    ['1e400', '-1e400', '1e309', '1e-400', '1.8e308', '2e-324', '0.30000000000000001'],
  ])('is refused when JavaScript would change its value: %s, %s, %s …', (...numbers) => {
    expect(numbers.map((number) => unsafeNumber(`{"a":[${number} ]}`))).toEqual(numbers);
    expect(numbers.map((number) => codeOf(number))).toEqual(numbers.map(() => 'number_not_representable'));
  });

  it('is refused exactly when exact arithmetic finds a difference', () => {
    let refused = 0;
    fc.assert(
      fc.property(numberText, (number) => {
        const double = Number(number);
        const kept = Number.isFinite(double) && areEqual(number, JSON.stringify(double));
        if (!kept) refused += 1;
        expect(unsafeNumber(number)).toBe(kept ? null : number);
      }),
      { numRuns: 3000 },
    );
    expect(refused).toBeGreaterThan(300);
    expect(refused).toBeLessThan(2700);
  });

  it('passes when JavaScript has printed it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(parseJsonText(text)).toEqual(JSON.parse(text));
      }),
    );
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (double) => {
        expect(unsafeNumber(JSON.stringify(double))).toBeNull();
      }),
      { numRuns: 2000 },
    );
  });

  it('is ignored within a string, whatever the string escapes', () => {
    const texts = ['"1e400"', '{"9007199254740993":1}', '["\\"9007199254740993"]', '["a\\\\","1e400\\\\"]'];
    expect(texts.map(unsafeNumber)).toEqual(texts.map(() => null));
    expect(unsafeNumber('["\\\\",1e400]')).toBe('1e400');
    expect(unsafeNumber('{"a":"\\u0022","b":1e400}')).toBe('1e400');
  });

  it('that is refused is the first such number, which the message names up to 64 characters, with a remedy', () => {
    const { message, status } = errorOf(() => parseJsonText('{"a":1,"b":[12345678901234567890,1e999]}'));
    expect(message).toContain('12345678901234567890');
    expect(message).toContain('Send it as a string');
    expect(status).toBe(400);
    const long = errorOf(() => parseJsonText('7'.repeat(1000))).message;
    expect(long).toContain(`The number ${'7'.repeat(63)}… cannot`);
  });
});

const array = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const object = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

describe('a JSON text', () => {
  it('that is invalid is refused with its position and without its text', () => {
    expect(errorOf(() => parseJsonText('{"a":1,\n"b" 2}')).message).toBe(
      "The body is not valid JSON: expected ':' after property name, at line 2 column 5.",
    );
    expect(errorOf(() => parseJsonText('')).message).toBe('The body is not valid JSON: unexpected end.');
    const secret = 'sk_live_0123456789abcdef0123456789';
    const broken = [
      secret,
      `{"key":${secret}}`,
      `{"key":"${secret}"`,
      `["${secret}",]`,
      `"${secret}\n"`,
      `"${secret}" x`,
    ];
    for (const text of broken) {
      const { code, message, cause } = errorOf(() => parseJsonText(text));
      expect([code, cause]).toEqual(['invalid_json', undefined]);
      expect(message).not.toContain(secret.slice(0, 20));
      expect(message).toMatch(/^The body is not valid JSON: [\w' ,:\]}-]+\.$/);
    }
  });

  it('that is invalid is refused as invalid_json, even with a number that is not representable', () => {
    expect(['[1e400', '[12345678901234567890,]', '1-2', '--1e400', '1.2.3e5', '1e5e5'].map(codeOf)).toEqual(
      Array(6).fill('invalid_json'),
    );
  });

  it('may be 128 levels deep, and no level more', () => {
    expect(Array.isArray(parseJsonText(array(128)))).toBe(true);
    expect(parseJsonText(object(128))).toHaveProperty('a');
    for (const text of [array(129), object(129)]) {
      expect(errorOf(() => parseJsonText(text)).message).toBe('The body is nested deeper than 128 levels.');
      expect(codeOf(text)).toBe('invalid_json');
    }
  });

  it('may have any number of brackets side by side or within strings', () => {
    expect(parseJsonText(`[${'[],'.repeat(1000)}{}]`)).toHaveLength(1001);
    expect(parseJsonText(JSON.stringify('[{'.repeat(1000)))).toHaveLength(2000);
  });

  it('that starts with a byte order mark is refused, and the message names it', () => {
    expect(errorOf(() => parseJsonText('\uFEFF{}')).message).toContain('byte order mark');
    expect(codeOf('\uFEFF{}')).toBe('invalid_json');
    expect(parseJsonText('"\uFEFF"')).toBe('\uFEFF');
  });

  it('returns the last of equal keys, and keeps __proto__ as an ordinary key', () => {
    expect(parseJsonText('{"a":1,"a":2}')).toEqual({ a: 2 });
    expect(Object.keys(parseJsonText('{"__proto__":1}') as object)).toEqual(['__proto__']);
  });

  it.each([
    ['brackets', '['.repeat(10_485_760)],
    ['digits', '7'.repeat(10_485_760)],
    ['a zero after another', `1.${'0'.repeat(10_485_760)}1`],
    ['a large exponent', `1e${'9'.repeat(10_485_760)}`],
    ['a string without an end', `"${'a'.repeat(10_485_760)}`],
    ['backslashes', `"${'\\'.repeat(10_485_760)}`],
  ])('of 10 MiB is parsed in bounded time: %s', (_, text) => {
    const started_at = performance.now();
    expect(['invalid_json', 'number_not_representable']).toContain(codeOf(text));
    expect(performance.now() - started_at).toBeLessThan(3000);
  });
});

describe('UTF-8 decoding', () => {
  it('returns the whole text', () => {
    for (const text of ['', 'aé€😀\0', '\uFEFF{}']) {
      expect(decodeUtf8(new TextEncoder().encode(text))).toBe(text);
    }
  });

  it.each([
    ['a byte of Latin-1', [0x61, 0xe9]],
    ['a sequence that is cut off', [0xe2, 0x82]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['an overlong sequence', [0xc0, 0xaf]],
  ])('refuses %s', (_, bytes) => {
    expect(errorOf(() => decodeUtf8(Uint8Array.from(bytes))).code).toBe('invalid_utf8');
    expect(decodeUtf8(Uint8Array.of(0x61))).toBe('a');
  });
});
