import { createHmac, randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { isWellFormedStandardSecret, makeStandardSecret } from '../../packages/server/src/core/secrets.ts';
import { equalInConstantTime, hmacSha256, signStandard } from '../../packages/server/src/core/signing.ts';
import { standard } from '../../packages/server/src/dialects/standard.ts';
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
    it(`${vector.name} is signed as expected, and otherwise when a byte, the id, the time or the secret differs`, () => {
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

it('RFC 4231 holds', () => {
  const rfc = signatureVectors.filter(({ scheme }) => scheme === 'hmac-hex');
  expect(rfc).toHaveLength(3);
  for (const { secret, secretHex, payload, expected } of rfc) {
    expect(hmacSha256(secret ?? Buffer.from(secretHex!, 'hex'), { prefix: '', body: payload! }, 'hex')).toBe(
      expected,
    );
  }
});

it('the official verifier accepts what is signed, with either secret of a rotation, and refuses a changed byte', () => {
  const [current, previous, stranger] = [makeSecret(), makeSecret(), makeSecret()];
  const [id, sent_at, body] = ['evt_1', Date.now(), '{"ä":"𝄞"}'];
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': standard.timestamp(sent_at),
    'webhook-signature': standard.sign({
      id,
      timestamp: standard.timestamp(sent_at),
      body,
      secrets: [current, previous],
    }),
  };
  for (const secret of [current, previous]) {
    expect(new Webhook(secret).verify(body, headers)).toEqual({ ä: '𝄞' });
    expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow(/signature/iu);
  }
  expect(() => new Webhook(stranger).verify(body, headers)).toThrow(/signature/iu);
});

const by = (key: Buffer): string => `v1,${createHmac('sha256', key).update('x').digest('base64')}`;

it('a secret with whsec_ is the key in base64, any other is its own text', () => {
  const x = { prefix: '', body: 'x' };
  expect(signStandard('whsec_AAEC', x)).toBe(by(Buffer.from([0, 1, 2])));
  expect(signStandard('plain ä', x)).toBe(by(Buffer.from('plain ä', 'utf8')));
});

const secretOf = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 1).toString('base64')}`;

it('a made secret is well formed and new each time', () => {
  const made = Array.from({ length: 100 }, makeSecret);
  expect(new Set(made).size).toBe(100);
  for (const secret of made) {
    expect(isWellFormedStandardSecret(secret)).toBe(true);
    expect(standard.secret.refuse(secret)).toBeNull();
  }
});

it('a whsec_ secret that is no canonical base64 of 24 to 64 bytes is refused, one without whsec_ never', () => {
  for (const secret of [secretOf(24), secretOf(25), secretOf(64), 'text', 'whsek_', 'WHSEC_!']) {
    expect([secret, standard.secret.refuse(secret)]).toEqual([secret, null]);
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
    expect([secret, typeof standard.secret.refuse(secret)]).toEqual([secret, 'string']);
  }
});

it('texts are compared whole', () => {
  expect([equalInConstantTime('', ''), equalInConstantTime('ä', 'ä')]).toEqual([true, true]);
  for (const [a, b] of [
    ['a', 'b'],
    ['a', ''],
    ['a', 'aa'],
    ['ä', 'a'],
    ['abc', 'abd'],
  ] as const) {
    expect(equalInConstantTime(a, b)).toBe(false);
  }
});
