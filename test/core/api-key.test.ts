import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  composeKey,
  keyScopes,
  mayCall,
  readKey,
  type Scope,
} from '../../packages/server/src/core/api-key.ts';
import { createIdFactory } from '../../packages/server/src/core/ids.ts';
import { EXAMPLE } from '../../packages/server/src/rpc/examples.ts';

const ids = createIdFactory(Date.now, randomBytes);
const scopes: readonly Scope[] = [...keyScopes, 'portal'];

it.each(scopes)('a %s key has its scope, its id, 256 random bits and the CRC-32 of all of it', (scope) => {
  const id = ids('key');
  const key = composeKey(scope, id, randomBytes);
  const [text, checksum] = [key.slice(0, -9), key.slice(-8)];
  expect(text).toMatch(new RegExp(`^bw_${scope}_${id.slice(4)}_[0-9A-Za-z]{43}$`));
  expect(checksum).toBe(crc32(text).toString(16).padStart(8, '0'));
  expect(readKey(key)).toEqual({ scope, id: id.slice(4) });
});

const secretOf = (byte: number) =>
  composeKey('send', ids('key'), (size) => new Uint8Array(size).fill(byte)).split('_')[3];

it('the secret of a key is the whole number that its bytes are', () => {
  expect(secretOf(0)).toBe('0'.repeat(43));
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const value = Array.from(secretOf(255)!).reduce(
    (sum, digit) => sum * 62n + BigInt(digits.indexOf(digit)),
    0n,
  );
  expect(value).toBe(2n ** 256n - 1n);
});

it('a key with any one character changed, dropped or repeated is broken, and any other text is not of this form', () => {
  const key = composeKey('workspace', ids('key'), randomBytes);
  fc.assert(
    fc.property(fc.nat(key.length - 1), fc.constantFrom('0', 'a', 'Z', '_', '-', 'x'), (at, character) => {
      const changes = [
        key.slice(0, at) + character + key.slice(at + 1),
        key.slice(0, at) + key.slice(at + 1),
        key.slice(0, at) + character + key.slice(at),
      ];
      for (const changed of changes) {
        if (changed !== key) expect(readKey(changed)).toBe(changed.startsWith('bw_') ? 'broken' : null);
      }
    }),
  );
  for (const other of ['', 'a', 'bwx', 'whsec_abc', ` ${key}`, key.toUpperCase()])
    expect(readKey(other)).toBe(null);
});

it('the example of the documentation is a key', () => {
  expect(readKey(EXAMPLE.api_key)).toEqual({ scope: 'send', id: EXAMPLE.key_id.slice(4) });
});

it('a scope covers exactly the calls that are its own', () => {
  const covered = keyScopes.map((scope) => [scope, keyScopes.filter((needed) => mayCall(scope, needed))]);
  expect(Object.fromEntries(covered)).toEqual({
    admin: ['admin', 'workspace', 'send', 'read'],
    workspace: ['workspace', 'send', 'read'],
    send: ['send'],
    read: ['read'],
  });
});
