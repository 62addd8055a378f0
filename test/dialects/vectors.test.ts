import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { Stripe } from 'stripe';
import { Webhook as Svix } from 'svix';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { hmacSha256 } from '../../packages/server/src/core/signing.ts';
import type { Dialect } from '../../packages/server/src/dialects/dialect.ts';
import { github, githubSha1 } from '../../packages/server/src/dialects/github.ts';
import { createDialects } from '../../packages/server/src/dialects/registry.ts';
import { type RunningServer, startServer } from '../support/running-server.ts';
import {
  bodyOf,
  payloadOf,
  type ReceivingCase,
  receivingCases,
  secretCases,
  signatureVectors,
  type SignatureVector,
} from '../support/vectors.ts';

const dialects = createDialects();
const named = (...names: readonly string[]): readonly Dialect[] => names.map((name) => dialects.get(name)!);

/** The dialects that sign in a vector's scheme. */
const signers: Readonly<Record<string, readonly Dialect[]>> = {
  'standard-v1': named('standard', 'svix'),
  'standard-v1a': named('standard', 'svix'),
  'standard-v1-multi': named('standard', 'svix'),
  github: named('github'),
  'slack-v0': named('slack'),
  'stripe-v1': named('stripe'),
  shopify: named('shopify', 'q2'),
  'hmac-hex': named('resource-api', 'connect2print', 'activities'),
};

const utf8 = (bytes: Buffer): string | null => {
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : null;
};

/** Null for a binary secret: the secret of a hook is text. */
const secretsOf = ({ secret, secrets, secretHex }: SignatureVector): readonly string[] | null => {
  if (secrets !== undefined) return secrets;
  const only = secret ?? utf8(Buffer.from(secretHex!, 'hex'));
  return only === null ? null : [only];
};

const sign = (
  dialect: Dialect,
  vector: SignatureVector,
  body: string | Uint8Array = payloadOf(vector),
): string => {
  const [first, ...others] = secretsOf(vector)!;
  const { id = '', timestamp = 0 } = vector;
  return dialect.sign({ id, timestamp: String(timestamp), body, secrets: [first!, ...others] });
};

describe('the published signatures', () => {
  const [ours, others] = [true, false].map((isOurs) =>
    signatureVectors.filter((vector) => (secretsOf(vector) !== null) === isOurs),
  );

  it('are sixteen in known schemes, one of them with a binary key', () => {
    expect(signatureVectors).toHaveLength(16);
    expect(signatureVectors.filter(({ scheme }) => !(scheme in signers))).toEqual([]);
    expect(others!.map(({ name }) => name)).toEqual(['rfc4231 case 6 (key longer than block)']);
    const { secretHex, payload, expected } = others![0]!;
    const key = Buffer.from(secretHex!, 'hex');
    expect(hmacSha256(key, { prefix: '', body: payload! }, 'hex')).toBe(expected);
  });

  describe.each(ours!)('$name', (vector) => {
    it.each(signers[vector.scheme]!)(
      'equals the signature of $name, and changes with one more byte',
      (dialect) => {
        expect(sign(dialect, vector)).toBe(vector.expected);
        const longer = Buffer.concat([Buffer.from(payloadOf(vector)), Buffer.from(' ')]);
        expect(sign(dialect, vector, longer)).not.toBe(vector.expected);
      },
    );
  });

  it('match the dialects with hex signatures', () => {
    const vector = signatureVectors.find(({ hex }) => hex !== undefined)!;
    for (const dialect of signers['hmac-hex']!) expect(sign(dialect, vector)).toBe(vector.hex);
    expect(sign(github, vector)).toBe(`sha256=${vector.hex}`);
  });

  it('have a SHA-1 variant on request', () => {
    const vector = signatureVectors.find(({ scheme }) => scheme === 'github')!;
    const hex = createHmac('sha1', vector.secret!).update(vector.payload!).digest('hex');
    expect(sign({ ...github, ...githubSha1 }, vector)).toBe(`sha1=${hex}`);
    expect(githubSha1.header_names).toEqual({ ...github.header_names, signature: 'X-Hub-Signature' });
  });
});

describe('a given secret', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const create = async (dialect: string, secret: string | null) => {
    const hook = { url: 'https://your-app.com/webhooks', events: ['a'], dialect, active: false, secret };
    // A casesolved hook accepts no `active` before its validation.
    const { active: _, ...unvalidated } = hook;
    return server.api('POST /v1/webhooks', dialect === 'casesolved' ? unvalidated : hook);
  };

  it('is tested in every dialect', () => {
    const tested = new Set(secretCases.flatMap((one) => one.dialects));
    expect([...tested].toSorted()).toEqual([...dialects.keys()].toSorted());
  });

  it.each(secretCases)('$name: accepted $accepted', async ({ dialects: names, secret, accepted }) => {
    expect(names.length).toBeGreaterThan(0);
    for (const dialect of names) {
      const { status, body } = await create(dialect, secret);
      if (accepted) expect([dialect, status, body.secret]).toEqual([dialect, 201, secret]);
      else {
        expect([dialect, status, body.error.code]).toEqual([dialect, 422, 'invalid_input']);
        expect(body.error.issues).toMatchObject([{ path: 'secret' }]);
      }
    }
  });

  it('is also validated by a rotation', async () => {
    const { body } = await create('standard', 'a good enough secret');
    for (const secret of ['', 'whsec_', 'whsec_!!!']) {
      const rotated = await server.api(`POST /v1/webhooks/${body.id}/rotate-secret`, { secret });
      expect([secret, rotated.status]).toEqual([secret, 422]);
    }
  });
});

type Official = (received: ReceivingCase, secret: string) => unknown;

const official: Readonly<Record<string, Official>> = {
  standard: (one, secret) => new Webhook(secret).verify(bodyOf(one), { ...one.headers }),
  svix: (one, secret) => new Svix(secret).verify(bodyOf(one), { ...one.headers }),
  stripe: (one, secret) =>
    Stripe.webhooks.constructEvent(bodyOf(one), one.headers['stripe-signature'] ?? '', secret),
};

/** The cases in which the official verifiers differ from ours, and why. */
const otherwise: readonly { readonly name: RegExp; readonly because: string }[] = [
  { name: /: a body that is not UTF-8$/, because: 'they decode the bytes as text before they sign' },
  {
    name: /: a secret (?:without whsec_|with non-ASCII letters)/,
    because: 'they decode every secret as base64',
  },
  {
    name: /: t(?:imestamp)? (?:with a sign|in milliseconds)/,
    because: 'they parse the first digits of a number',
  },
  { name: /^stripe: 301 seconds ahead$/, because: 'Stripe limits only the past' },
];

/** The signature is checked before the body is parsed as JSON, so a SyntaxError means that it is valid. */
const isAccepted = (one: ReceivingCase, secret: string): boolean => {
  try {
    official[one.dialect]!(one, secret);
    return true;
  } catch (error) {
    return error instanceof SyntaxError;
  }
};

describe('the shared requests for receivers', () => {
  afterEach(() => void vi.useRealTimers());

  const cases = receivingCases.filter(({ dialect, needs }) => dialect in official && needs === undefined);

  it.each(cases)('$name: accepted $accepted, as by the official verifier', (one) => {
    vi.useFakeTimers({ now: one.now * 1000, toFake: ['Date'] });
    const accepted = one.secrets.some((secret) => isAccepted(one, secret));
    const differs = otherwise.some(({ name }) => name.test(one.name));
    expect(accepted).toBe(differs ? !one.accepted : one.accepted);
  });
});
