import { expect, it } from 'vitest';
import { BellwireError } from '../../packages/server/src/core/errors.ts';
import { createCipher, generateKeyRing } from '../../packages/server/src/storage/cipher.ts';
import { words } from '../support/words.ts';

const address = { table: 'bellwire_secrets', column: 'secret', id: 'sec_1' };
const keyOf = (byte: number): string => Buffer.alloc(32, byte).toString('base64');
const WRONG_KEY = expect.objectContaining({ code: 'wrong_encryption_key' });
const [ONE, TWO] = [`k1:${keyOf(1)}`, `k2:${keyOf(2)}`];

it('a sealed text opens unchanged under the key that sealed it', () => {
  const cipher = createCipher(ONE);
  for (const text of ['', 'secret', 'ä𝄞\u0000', 'x'.repeat(10_000), '|', 'k1|a|b|c']) {
    expect(cipher.open(cipher.seal(text, address), address)).toBe(text);
  }
});

it('a sealed text does not contain its plain text, and two seals of it differ', () => {
  const cipher = createCipher(ONE);
  const [one, two] = [cipher.seal('visible-secret', address), cipher.seal('visible-secret', address)];
  expect(one).not.toBe(two);
  for (const sealed of [one, two]) {
    expect(sealed).toMatch(/^k1\|[\w+/=]+\|[\w+/=]+\|[\w+/=]+$/u);
    expect(Buffer.from(sealed.split('|')[2]!, 'base64').toString('latin1')).not.toContain('visible');
  }
});

it('a sealed value that is moved to another row, column or table does not open', () => {
  const cipher = createCipher(ONE);
  const sealed = cipher.seal('secret', address);
  for (const change of [{ id: 'sec_2' }, { column: 'other' }, { table: 'bellwire_hooks' }]) {
    expect(() => cipher.open(sealed, { ...address, ...change })).toThrow(WRONG_KEY);
  }
  expect(cipher.open(sealed, address)).toBe('secret');
});

it('a sealed value with a part that is changed, missing or from another value does not open', () => {
  const cipher = createCipher(ONE);
  const sealed = cipher.seal('secret', address);
  const parts = sealed.split('|');
  const other = cipher.seal('secret', address).split('|');
  const wrong = [1, 2, 3].flatMap((index) => [
    parts.with(index, other[index]!).join('|'),
    parts.with(index, '').join('|'),
    parts.slice(0, index).join('|'),
  ]);
  for (const value of [...wrong, '', 'k1', sealed.slice(0, -8)]) {
    expect(() => cipher.open(value, address)).toThrow(WRONG_KEY);
  }
});

it('a value with a shortened tag does not open', () => {
  const cipher = createCipher(ONE);
  const [kid, nonce, text, tag] = cipher.seal('secret', address).split('|');
  const short = Buffer.from(tag!, 'base64').subarray(0, 4).toString('base64');
  expect(() => cipher.open([kid, nonce, text, short].join('|'), address)).toThrow(WRONG_KEY);
});

it('another key of the same name does not open a value, and the error names a missing key', () => {
  const sealed = createCipher(ONE).seal('secret', address);
  expect(() => createCipher(`k1:${keyOf(9)}`).open(sealed, address)).toThrow(
    /cannot be decrypted with the key "k1"/u,
  );
  expect(() => createCipher(TWO).open(sealed, address)).toThrow(/key "k1", which is not in/u);
});

it('the first key seals, and every key opens', () => {
  const old = createCipher(ONE).seal('secret', address);
  const both = createCipher(`${TWO}, ${ONE}`);
  expect(both.kid).toBe('k2');
  expect(both.open(old, address)).toBe('secret');
  const sealed = both.seal('secret', address);
  expect(sealed).toMatch(/^k2\|/u);
  expect(createCipher(TWO).open(sealed, address)).toBe('secret');
});

it.each([
  '',
  `k 1:${keyOf(1)}`,
  ...[31, 33].map((bytes) => `k1:${Buffer.alloc(bytes).toString('base64')}`),
  ...words`k1 k1: :${keyOf(1)} ${keyOf(1)} k|1:${keyOf(1)} ${'k'.repeat(33)}:${keyOf(1)} k1:!!${keyOf(1)}`,
  ...words`${ONE}, ${ONE},${ONE} ${ONE}:${keyOf(2)}`,
])('an encryption key setting that cannot be read is refused without showing it: "%s"', (setting) => {
  expect(() => createCipher(setting)).toThrow(
    expect.toSatisfy(
      (error) =>
        error instanceof BellwireError &&
        error.code === 'config_invalid' &&
        !error.message.includes(keyOf(1)),
    ),
  );
});

it('generated keys are usable and differ each time', () => {
  const [one, two] = [generateKeyRing(), generateKeyRing()];
  expect(one).not.toBe(two);
  const sealed = createCipher(one).seal('secret', address);
  expect(createCipher(one).open(sealed, address)).toBe('secret');
});
