import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { isWellFormedStandardSecret, makeStandardSecret } from '../../packages/server/src/core/secrets.ts';
import { equalInConstantTime, hmacSha256, signStandard } from '../../packages/server/src/core/signing.ts';
import { standard } from '../../packages/server/src/dialects/standard.ts';

interface Vector {
  readonly name: string;
  readonly scheme: string;
  readonly secret?: string;
  readonly secretHex?: string;
  readonly secrets?: readonly string[];
  readonly id?: string;
  readonly timestamp?: number;
  readonly payload?: string;
  readonly payloadRepeat?: readonly [string, number];
  readonly expected: string | readonly string[];
}

const isVector = (value: unknown): value is Vector =>
  typeof value === 'object' && value !== null && 'scheme' in value && 'expected' in value;

const parsed: unknown = JSON.parse(
  readFileSync(new URL('../vectors/signatures.json', import.meta.url), 'utf8'),
);
const vectors = Array.isArray(parsed) ? parsed.filter(isVector) : [];

const bodyOf = ({ payload, payloadRepeat }: Vector): string | null =>
  payload ?? (payloadRepeat === undefined ? null : payloadRepeat[0].repeat(payloadRepeat[1]));

const signed = (vector: Vector, secrets: readonly string[], body = bodyOf(vector)!): string => {
  const [first, ...others] = secrets;
  const signing = { id: vector.id!, timestamp: String(vector.timestamp!), body };
  return standard.sign({ ...signing, secrets: [first!, ...others] });
};

const makeSecret = (): string => makeStandardSecret(randomBytes);

describe('the published vectors', () => {
  // A body is text here, so the vector of bytes that are no UTF-8 concerns only verifiers.
  const ours = vectors.filter((vector) => vector.scheme.startsWith('standard-v1') && bodyOf(vector) !== null);

  it('are all here', () => {
    expect(vectors).toHaveLength(16);
    expect(ours.length).toBeGreaterThanOrEqual(7);
  });

  for (const vector of ours) {
    const secrets = vector.secrets ?? [vector.secret!];
    it(`${vector.name} is signed as expected, and otherwise when a byte, the id, the time or the secret differs`, () => {
      const expected = typeof vector.expected === 'string' ? vector.expected : vector.expected.join(' ');
      expect(signed(vector, secrets)).toBe(expected);
      const others = [
        signed(vector, secrets, `${bodyOf(vector)} `),
        signed({ ...vector, id: `${vector.id}x` }, secrets),
        signed({ ...vector, timestamp: vector.timestamp! + 1 }, secrets),
        signed(vector, [makeSecret(), ...secrets.slice(1)]),
      ];
      for (const other of others) expect(other).not.toBe(expected);
    });
  }
});

it('RFC 4231 holds', () => {
  const rfc = vectors.filter(({ scheme }) => scheme === 'hmac-hex');
  expect(rfc).toHaveLength(3);
  for (const { secret, secretHex, payload, expected } of rfc) {
    expect(hmacSha256(secret ?? Buffer.from(secretHex!, 'hex'), payload!, 'hex')).toBe(expected);
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
  expect(signStandard('whsec_AAEC', 'x')).toBe(by(Buffer.from([0, 1, 2])));
  expect(signStandard('plain ä', 'x')).toBe(by(Buffer.from('plain ä', 'utf8')));
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
