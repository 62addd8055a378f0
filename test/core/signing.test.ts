import { createHmac, randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { isWellFormedStandardSecret, makeStandardSecret } from '../../packages/server/src/core/secrets.ts';
import { equalInConstantTime, hmacSha256, signStandard } from '../../packages/server/src/core/signing.ts';
import { standard } from '../../packages/server/src/dialects/standard.ts';
import { words } from '../support/words.ts';
import { payloadOf, signatureVectors, type SignatureVector } from '../support/vectors.ts';

const signed = (
  vector: SignatureVector,
  secrets: readonly string[],
  body: string | Uint8Array = payloadOf(vector),
): string => {
  const [first, ...others] = secrets;
  const signing = { id: vector.id!, timestamp: String(vector.timestamp!), body };
  return standard.sign({ ...signing, secrets: [first!, ...others] });
};

const makeSecret = (): string => makeStandardSecret(randomBytes);

describe('the published vectors', () => {
  const ours = signatureVectors.filter(({ scheme }) => scheme.startsWith('standard-v1'));

  it('are all here', () => {
    expect(signatureVectors).toHaveLength(16);
    expect(ours.length).toBeGreaterThanOrEqual(8);
  });

  for (const vector of ours) {
    const secrets = vector.secrets ?? [vector.secret!];
    it(`${vector.name} has the expected signature, and another for another byte, id, time or secret`, () => {
      const { expected } = vector;
      expect(signed(vector, secrets)).toBe(expected);
      const others = [
        signed(vector, secrets, Buffer.concat([Buffer.from(payloadOf(vector)), Buffer.from(' ')])),
        signed({ ...vector, id: `${vector.id}x` }, secrets),
        signed({ ...vector, timestamp: vector.timestamp! + 1 }, secrets),
        signed(vector, [makeSecret(), ...secrets.slice(1)]),
      ];
      for (const other of others) expect(other).not.toBe(expected);
    });
  }
});

it('HMAC-SHA256 matches the vectors of RFC 4231', () => {
  const rfc = signatureVectors.filter(({ scheme }) => scheme === 'hmac-hex');
  expect(rfc).toHaveLength(3);
  for (const { secret, secretHex, payload, expected } of rfc) {
    const key = secret ?? Buffer.from(secretHex!, 'hex');
    expect(hmacSha256(key, { prefix: '', body: payload! }, 'hex')).toBe(expected);
  }
});

it('the official verifier accepts our signature with either secret of a rotation, and no changed byte', () => {
  const [current, previous, stranger] = [makeSecret(), makeSecret(), makeSecret()];
  const [id, timestamp, body] = ['evt_1', standard.timestamp(Date.now()), '{"ä":"𝄞"}'];
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': standard.sign({ id, timestamp, body, secrets: [current, previous] }),
  };
  for (const secret of [current, previous]) {
    expect(new Webhook(secret).verify(body, headers)).toEqual({ ä: '𝄞' });
    expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow(/signature/iu);
  }
  expect(() => new Webhook(stranger).verify(body, headers)).toThrow(/signature/iu);
});

const by = (key: Buffer): string => `v1,${createHmac('sha256', key).update('x').digest('base64')}`;

it('a secret with whsec_ is a base64 key, any other secret is the key itself', () => {
  const x = { prefix: '', body: 'x' };
  expect(signStandard('whsec_AAEC', x)).toBe(by(Buffer.from([0, 1, 2])));
  expect(signStandard('plain ä', x)).toBe(by(Buffer.from('plain ä', 'utf8')));
});

const secretOf = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 1).toString('base64')}`;

it('a generated secret is well formed and unique', () => {
  const generated = Array.from({ length: 100 }, makeSecret);
  expect(new Set(generated).size).toBe(100);
  for (const secret of generated) {
    expect(isWellFormedStandardSecret(secret)).toBe(true);
    expect(standard.secret.refuse(secret)).toBeNull();
  }
});

it('a whsec_ secret must be canonical base64 of 24 to 64 bytes; one without whsec_ is always accepted', () => {
  for (const secret of [secretOf(24), secretOf(25), secretOf(64), 'text', 'whsek_', 'WHSEC_!']) {
    expect(standard.secret.refuse(secret), secret).toBeNull();
  }
  for (const secret of [
    'whsec_',
    'whsec_!',
    secretOf(23),
    secretOf(65),
    secretOf(25).replace('==', ''),
    `${secretOf(24)}=`,
    ` ${secretOf(24)}`.replace(' whsec_', 'whsec_ '),
    secretOf(24).replace(/..$/u, '-_'),
  ]) {
    expect(standard.secret.refuse(secret), secret).toEqual(expect.any(String));
  }
});

it('a comparison in constant time covers the whole texts', () => {
  expect([equalInConstantTime('', ''), equalInConstantTime('ä', 'ä')]).toEqual([true, true]);
  for (const pair of words`a/b a/ a/aa ä/a abc/abd`) {
    const [a, b] = pair.split('/');
    expect(equalInConstantTime(a!, b!), pair).toBe(false);
  }
});
