import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedact } from '../../packages/server/src/core/redact.ts';

const redactOf = (headers: Record<string, string>, ...secrets: readonly string[]) =>
  createRedact({ headers, secrets: secrets.map((value) => ({ value, expires_at: null })) })!;

const TOKEN = 'Bearer t0ken/of+the=receiver & "more"';

describe('a value is replaced', () => {
  const redact = redactOf({ 'X-Key': TOKEN });

  it.each([
    ['as it is', TOKEN],
    ['percent-encoded', encodeURIComponent(TOKEN)],
    ['percent-encoded with slashes', encodeURIComponent(TOKEN).replaceAll('%2F', '/')],
    ['percent-encoded in lower case', encodeURIComponent(TOKEN).replaceAll(/%../g, (d) => d.toLowerCase())],
    ['in a form', new URLSearchParams({ a: TOKEN }).toString().slice(2)],
    ['in JSON', JSON.stringify(TOKEN).slice(1, -1)],
    ['in JSON with escaped slashes', JSON.stringify(TOKEN).slice(1, -1).replaceAll('/', '\\/')],
    ['at both ends', `${TOKEN}-${TOKEN}`],
  ])('%s', (_, text) => {
    const shown = redact(`you sent <${text}>, thanks`);
    expect(shown).toBe(
      `you sent <${text === TOKEN || !text.includes(TOKEN) ? '[secret]' : '[secret]-[secret]'}>, thanks`,
    );
  });

  it('in base64 and base64url at any position of longer data', () => {
    for (const encoding of ['base64', 'base64url'] as const) {
      for (const before of ['', 'a', 'ab', 'abc', 'abcd']) {
        const shown = redact(Buffer.from(`${before}${TOKEN}tail`).toString(encoding));
        expect(shown).toContain('[secret]');
        const rest = shown.split('[secret]').map((text) => Buffer.from(text, encoding).toString('latin1'));
        for (const text of rest) expect(text).not.toContain(TOKEN.slice(1, 9));
        expect(shown.length).toBeLessThan(24);
      }
    }
  });

  it('where it is cut off at the end, in every spelling', () => {
    const spellings = [TOKEN, encodeURIComponent(TOKEN), Buffer.from(TOKEN).toString('base64')];
    for (const spelling of spellings) {
      for (let length = 8; length <= spelling.length; length += 1) {
        expect(redact(`echo: ${spelling.slice(0, length)}`)).toMatch(/^echo: \[secret\].?.?=*$/);
      }
    }
  });

  it('where a character of it is cut off', () => {
    const cut = Buffer.from('echo: Geheimnis-äöü').subarray(0, -1).toString('utf8');
    expect(redactOf({}, 'Geheimnis-äöü-und-mehr')(cut)).toMatch(/^echo: \[secret\]\uFFFD$/);
  });

  it('where only its first 32 characters are shown, but not where fewer are', () => {
    const long = `${'0123456789abcdef'.repeat(4)}!`;
    const shown = redactOf({ 'X-Key': long });
    expect(shown(`"${long.slice(0, 40)}…"`)).toBe('"[secret]…"');
    expect(shown(`"${long.slice(0, 31)}…"`)).toBe(`"${long.slice(0, 31)}…"`);
  });
});

it('of Authorization, also the part after the scheme, and of Basic the credentials', () => {
  const redact = redactOf({ authorization: 'Bearer abcdefgh-1234' });
  expect(redact('token=abcdefgh-1234;')).toBe('token=[secret];');
  const basic = redactOf({ Authorization: `Basic ${Buffer.from('user:p4ssw0rd!').toString('base64')}` });
  expect(basic('user:p4ssw0rd! p4ssw0rd! user')).toBe('[secret] [secret] user');
  expect(redactOf({ 'X-Name': 'Bearer abcdefgh-1234' })('abcdefgh-1234')).toBe('abcdefgh-1234');
});

it('secrets are replaced, the current and the previous ones, with and without their prefix', () => {
  const redact = redactOf({}, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'the previous secret');
  expect(redact('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')).toBe(
    '[secret], [secret]',
  );
  expect(redact('"the previous secret"')).toBe('"[secret]"');
});

it('values of fewer than 8 characters are not searched for', () => {
  expect(createRedact({ headers: { 'X-Key': '1234567' }, secrets: [] })).toBeNull();
  expect(redactOf({ 'X-Key': '12345678', 'X-B': 'ok' })('ok 1234567 12345678')).toBe('ok 1234567 [secret]');
});

it('no text contains a value afterwards, and a text without one is unchanged', () => {
  const value = fc.string({
    minLength: 8,
    maxLength: 60,
    unit: fc.constantFrom('a', 'b', '%', '/', 'é', '"'),
  });
  const values = fc.array(value, { minLength: 1, maxLength: 4 });
  const pieces = fc.array(fc.string({ maxLength: 6, unit: fc.constantFrom('a', 'b', 'c', '%') }), {
    maxLength: 5,
  });
  fc.assert(
    fc.property(values, pieces, (secrets, rest) => {
      const redact = redactOf({}, ...secrets);
      const text = rest.flatMap((piece, n) => [piece, secrets[n % secrets.length]]).join('');
      const shown = redact(text);
      return secrets.every((one) => !shown.includes(one));
    }),
    { numRuns: 2000 },
  );
  const redact = redactOf({ 'X-Key': TOKEN }, 'a secret of the hook');
  fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => redact(text) === text));
});

it('the time is linear in the text, even for values and texts that are chosen to resemble each other', () => {
  const headers = Object.fromEntries(
    Array.from({ length: 32 }, (_, n) => [`x-${n}`, `${'a'.repeat(480)}${String(n).padStart(2, '0')}`]),
  );
  const redact = redactOf(headers, 'b'.repeat(256));
  for (const text of ['a'.repeat(16_384), `${'a'.repeat(31)}c`.repeat(512), 'aaaaaaaac'.repeat(1820)]) {
    redact(text);
    const started = performance.now();
    redact(text);
    expect(performance.now() - started).toBeLessThan(50);
    expect(redact(text).length).toBeLessThan(text.length);
  }
});
