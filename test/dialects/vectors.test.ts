import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
import { Stripe } from 'stripe';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { hmacSha256 } from '../../packages/server/src/core/signing.ts';
import type { Dialect } from '../../packages/server/src/dialects/dialect.ts';
import { github, githubSha1 } from '../../packages/server/src/dialects/github.ts';
import { createDialects } from '../../packages/server/src/dialects/registry.ts';
import { type RunningServer, startServer } from '../support/running-server.ts';

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
  readonly payloadHex?: string;
  readonly expected: string;
  readonly hex?: string;
}

const readVectors = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8'));

const vectors = readVectors('signatures.json') as readonly Vector[];
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

/** Null where it is no text: a dialect signs text, and a secret is text. */
const bodyOf = ({ payload, payloadRepeat, payloadHex }: Vector): string | null =>
  payload ?? payloadRepeat?.[0].repeat(payloadRepeat[1]) ?? utf8(Buffer.from(payloadHex!, 'hex'));
const secretsOf = ({ secret, secrets, secretHex }: Vector): readonly (string | null)[] =>
  secrets ?? [secret ?? utf8(Buffer.from(secretHex!, 'hex'))];

const isText = (text: string | null): text is string => text !== null;
const isForSenders = (vector: Vector): boolean => isText(bodyOf(vector)) && secretsOf(vector).every(isText);

const sign = (dialect: Dialect, vector: Vector, body = bodyOf(vector)!): string => {
  const [first, ...others] = secretsOf(vector).filter(isText);
  const { id = '', timestamp = 0 } = vector;
  return dialect.sign({ id, timestamp: String(timestamp), body, secrets: [first!, ...others] });
};

describe('the published signatures', () => {
  it('are sixteen, each in a scheme of ours, and two of them hold bytes that no sender of text can have', () => {
    expect(vectors).toHaveLength(16);
    expect(vectors.filter(({ scheme }) => !(scheme in signers))).toEqual([]);
    expect(vectors.filter((vector) => !isForSenders(vector)).map(({ name }) => name)).toEqual([
      'rfc4231 case 6 (key longer than block)',
      'derived: non-UTF-8 bytes',
    ]);
  });

  describe.each(vectors.filter(isForSenders))('$name', (vector) => {
    it.each(signers[vector.scheme]!)('is what $name signs, and not for another byte', (dialect) => {
      expect(sign(dialect, vector)).toBe(vector.expected);
      expect(sign(dialect, vector, `${bodyOf(vector)} `)).not.toBe(vector.expected);
    });
  });

  it('are signed in hex by those that sign in hex', () => {
    const vector = vectors.find(({ hex }) => hex !== undefined)!;
    for (const dialect of signers['hmac-hex']!) expect(sign(dialect, vector)).toBe(vector.hex);
    expect(sign(github, vector)).toBe(`sha256=${vector.hex}`);
  });

  it('hold for keys and bodies that are no text', () => {
    const [key, bytes] = vectors.filter((vector) => !isForSenders(vector));
    expect(hmacSha256(Buffer.from(key!.secretHex!, 'hex'), key!.payload!, 'hex')).toBe(key!.expected);
    const hmac = createHmac('sha256', Buffer.from(bytes!.secret!.replace('whsec_', ''), 'base64'))
      .update(`${bytes!.id}.${bytes!.timestamp}.`)
      .update(Buffer.from(bytes!.payloadHex!, 'hex'));
    expect(`v1,${hmac.digest('base64')}`).toBe(bytes!.expected);
  });

  it('have their SHA-1 sibling when one asks for it', () => {
    const vector = vectors.find(({ scheme }) => scheme === 'github')!;
    const hex = createHmac('sha1', vector.secret!).update(vector.payload!).digest('hex');
    expect(sign({ ...github, ...githubSha1 }, vector)).toBe(`sha1=${hex}`);
    expect(githubSha1.header_names).toEqual({ ...github.header_names, signature: 'X-Hub-Signature' });
  });
});

interface SecretCase {
  readonly name: string;
  readonly dialects: readonly string[];
  readonly secret: string | null;
  readonly accepted: boolean;
}

interface DeliveryCase {
  readonly name: string;
  readonly scheme: 'standard-v1' | 'stripe-v1';
  readonly secret: string;
  /** Seconds since 1970, at the receiver. */
  readonly now: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string;
  readonly accepted: boolean;
}

const cases = readVectors('negative.json') as {
  readonly secrets: readonly SecretCase[];
  readonly deliveries: readonly DeliveryCase[];
};

describe('a given secret', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const create = async (dialect: string, secret: string | null) => {
    const hook = { url: 'https://your-app.com/webhooks', events: ['a'], dialect, active: false, secret };
    // A casesolved hook says nothing of being active before it was validated.
    const { active: _, ...unvalidated } = hook;
    return server.api('POST /v1/webhooks', dialect === 'casesolved' ? unvalidated : hook);
  };

  it('is judged in every dialect', () => {
    const judged = new Set(cases.secrets.flatMap((one) => one.dialects));
    expect([...judged].toSorted()).toEqual([...dialects.keys()].toSorted());
  });

  it.each(cases.secrets)('$name: taken $accepted', async ({ dialects: names, secret, accepted }) => {
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

  it('is judged when it rotates too', async () => {
    const { body } = await create('standard', 'a good enough secret');
    for (const secret of ['', 'whsec_', 'whsec_!!!']) {
      const rotated = await server.api(`POST /v1/webhooks/${body.id}/rotate-secret`, { secret });
      expect([secret, rotated.status]).toEqual([secret, 422]);
    }
  });
});

describe('the deliveries that receivers are tried with', () => {
  afterEach(() => void vi.useRealTimers());

  // They say what a receiver must do; that they say it right is known from the official verifiers.
  const official: Record<DeliveryCase['scheme'], (one: DeliveryCase) => unknown> = {
    'standard-v1': ({ secret, payload, headers }) => new Webhook(secret).verify(payload, { ...headers }),
    'stripe-v1': ({ secret, payload, headers }) =>
      Stripe.webhooks.constructEvent(payload, headers['stripe-signature'] ?? '', secret),
  };

  it.each(cases.deliveries)('$name: accepted $accepted, as the official verifier says', (one) => {
    vi.useFakeTimers({ now: one.now * 1000, toFake: ['Date'] });
    const judge = () => official[one.scheme](one);
    if (one.accepted) expect(judge).not.toThrow();
    else expect(judge).toThrow(/signature|timestamp|header|secureCompare/i);
  });
});
