import { generateKeyPairSync } from 'node:crypto';
import { type DialectName, verify } from '@bellwire/verify';
import { describe, expect, it } from 'vitest';
import { isSigned } from '../../packages/server/src/dialects/is-signed.ts';
import { createDialects } from '../../packages/server/src/dialects/registry.ts';
import { bodyOf, type ReceivingCase, receivingCases } from '../support/vectors.ts';

const dialects = createDialects();

const verdictOf = ({ accepted, reason = '' }: ReceivingCase): string => (accepted ? 'accepted' : reason);

const inServer = (one: ReceivingCase, isOwn: boolean): Promise<boolean> => {
  const dialect = dialects.get(one.dialect)!;
  const checking = { secrets: one.secrets, now: one.now * 1000 };
  const received = { headers: one.headers, body: bodyOf(one) };
  return isSigned(isOwn ? { ...dialect } : dialect, received, checking);
};

// The templates run the same cases in their own tests.
describe('the cases of requests', () => {
  it('accept and refuse in every dialect', () => {
    for (const dialect of dialects.keys()) {
      const own = receivingCases.filter((one) => one.dialect === dialect);
      expect([dialect, new Set(own.map(({ accepted }) => accepted)).size]).toEqual([dialect, 2]);
    }
  });

  it.each(receivingCases)('verify: $name', async (one) => {
    const { headers, secrets: secret, now } = one;
    const options = { secret, dialect: one.dialect as DialectName, now: () => now * 1000 };
    const verdict = await verify({ headers, body: bodyOf(one) }, options);
    expect(verdict.accepted ? 'accepted' : verdict.reason).toBe(verdictOf(one));
  });

  it.each(receivingCases)('the inbox, in a built-in dialect: $name', async (one) => {
    expect(await inServer(one, false)).toBe(one.accepted);
  });

  // The inbox of an own dialect has private keys only, these cases have public ones.
  it.each(receivingCases.filter(({ needs }) => needs === undefined))(
    'the inbox, in a user’s copy of the dialect: $name',
    async (one) => {
      expect(await inServer(one, true)).toBe(one.accepted);
    },
  );
});

it.each(['standard', 'svix'])(
  'the inbox verifies what %s signs with an ed25519 key pair, built in or copied',
  async (name) => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const { d = '', x = '' } = privateKey.export({ format: 'jwk' });
    const pair = Buffer.concat([Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')]);
    const secrets = [`whsk_${pair.toString('base64')}`] as const;
    const dialect = dialects.get(name)!;
    const { id = '', timestamp = '', signature = '' } = dialect.header_names;
    const signing = { id: 'evt_1', timestamp: '1614265330', body: '{}', secrets };
    const headers = { [id]: 'evt_1', [timestamp]: '1614265330', [signature]: dialect.sign(signing) };
    for (const one of [dialect, { ...dialect }]) {
      const check = (body: string): Promise<boolean> =>
        isSigned(one, { headers, body: Buffer.from(body) }, { secrets, now: 1_614_265_330_000 });
      expect([await check('{}'), await check('{ }')]).toEqual([true, false]);
    }
  },
);
