import { expect, it } from 'vitest';
import { createCipher, generateKeyRing } from '../../packages/server/src/storage/cipher.ts';

const place = { table: 'bellwire_secrets', column: 'secret', id: 'sec_1' };
const keyOf = (byte: number): string => Buffer.alloc(32, byte).toString('base64');
const [ONE, TWO] = [`k1:${keyOf(1)}`, `k2:${keyOf(2)}`];

it('what is sealed opens as it was, under the key that sealed it', () => {
  const cipher = createCipher(ONE);
  for (const text of ['', 'secret', 'ä𝄞\u0000', 'x'.repeat(10_000), '|', 'k1|a|b|c']) {
    expect(cipher.open(cipher.seal(text, place), place)).toBe(text);
  }
});

it('nothing of a text shows in its sealed form, and two seals of it differ', () => {
  const cipher = createCipher(ONE);
  const [one, two] = [cipher.seal('visible-secret', place), cipher.seal('visible-secret', place)];
  expect(one).not.toBe(two);
  for (const sealed of [one, two]) {
    expect(sealed).toMatch(/^k1\|[\w+/=]+\|[\w+/=]+\|[\w+/=]+$/u);
    expect(Buffer.from(sealed.split('|')[2]!, 'base64').toString('latin1')).not.toContain('visible');
  }
});

it('a sealed value that is moved to another row, column or table does not open', () => {
  const cipher = createCipher(ONE);
  const sealed = cipher.seal('secret', place);
  for (const elsewhere of [
    { ...place, id: 'sec_2' },
    { ...place, column: 'other' },
    { ...place, table: 'bellwire_hooks' },
  ]) {
    expect(() => cipher.open(sealed, elsewhere)).toThrow(
      expect.objectContaining({ code: 'wrong_encryption_key' }),
    );
  }
  expect(cipher.open(sealed, place)).toBe('secret');
});

it('a value of which any part is changed, missing or of another value does not open', () => {
  const cipher = createCipher(ONE);
  const sealed = cipher.seal('secret', place);
  const parts = sealed.split('|');
  const other = cipher.seal('secret', place).split('|');
  const wrong = [1, 2, 3].flatMap((index) => [
    parts.with(index, other[index]!).join('|'),
    parts.with(index, '').join('|'),
    parts.slice(0, index).join('|'),
  ]);
  for (const value of [...wrong, '', 'k1', sealed.slice(0, -8)]) {
    expect(() => cipher.open(value, place)).toThrow(
      expect.objectContaining({ code: 'wrong_encryption_key' }),
    );
  }
});

it('a shortened tag is not a smaller promise', () => {
  const cipher = createCipher(ONE);
  const [kid, nonce, text, tag] = cipher.seal('secret', place).split('|');
  const short = Buffer.from(tag!, 'base64').subarray(0, 4).toString('base64');
  expect(() => cipher.open([kid, nonce, text, short].join('|'), place)).toThrow(
    expect.objectContaining({ code: 'wrong_encryption_key' }),
  );
});

it('another key of the same name does not open it, and a missing key is named', () => {
  const sealed = createCipher(ONE).seal('secret', place);
  expect(() => createCipher(`k1:${keyOf(9)}`).open(sealed, place)).toThrow(
    /cannot be decrypted with the key "k1"/u,
  );
  expect(() => createCipher(TWO).open(sealed, place)).toThrow(/key "k1", which is not in/u);
});

it('the first key of a ring seals and every key opens', () => {
  const old = createCipher(ONE).seal('secret', place);
  const ring = createCipher(`${TWO}, ${ONE}`);
  expect(ring.kid).toBe('k2');
  expect(ring.open(old, place)).toBe('secret');
  const sealed = ring.seal('secret', place);
  expect(sealed).toMatch(/^k2\|/u);
  expect(createCipher(TWO).open(sealed, place)).toBe('secret');
});

it('a ring that cannot be read is refused, without showing what was given', () => {
  for (const ring of [
    '',
    'k1',
    'k1:',
    `:${keyOf(1)}`,
    keyOf(1),
    `k1:${Buffer.alloc(31).toString('base64')}`,
    `k1:${Buffer.alloc(33).toString('base64')}`,
    `k 1:${keyOf(1)}`,
    `k|1:${keyOf(1)}`,
    `${'k'.repeat(33)}:${keyOf(1)}`,
    `${ONE},`,
    `${ONE},${ONE}`,
    `${ONE}:${keyOf(2)}`,
    `k1:!!${keyOf(1)}`,
  ]) {
    expect([ring, codeAndMessage(ring)]).toEqual([ring, { code: 'config_invalid', shown: false }]);
  }
});

const codeAndMessage = (ring: string): unknown => {
  try {
    createCipher(ring);
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      return { code: error.code, shown: error.message.includes(keyOf(1)) };
    }
  }
  return 'accepted';
};

it('a made ring can be used, and is another each time', () => {
  const [one, two] = [generateKeyRing(), generateKeyRing()];
  expect(one).not.toBe(two);
  const sealed = createCipher(one).seal('secret', place);
  expect(createCipher(one).open(sealed, place)).toBe('secret');
});
