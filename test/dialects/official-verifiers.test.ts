import { createHmac } from 'node:crypto';
import { verify as verifyGithub } from '@octokit/webhooks-methods';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Stripe } from 'stripe';
import { Webhook as SvixWebhook } from 'svix';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { type RunningServer, startServer } from '../support/running-server.ts';

interface Received {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Official {
  readonly dialect: string;
  readonly by: string;
  /** The header with the signature. */
  readonly header: string;
  readonly accepts: (received: Received, secret: string) => boolean | Promise<boolean>;
}

/** Whether a verifier does not throw. */
const isFine = (verify: () => unknown): boolean => {
  try {
    verify();
    return true;
  } catch {
    return false;
  }
};

const hmac = (secret: string, text: string, encoding: 'hex' | 'base64'): string =>
  createHmac('sha256', secret).update(text).digest(encoding);

const FIVE_MINUTES_S = 300;

const officials: readonly Official[] = [
  {
    dialect: 'standard',
    by: 'npm standardwebhooks',
    header: 'webhook-signature',
    accepts: ({ headers, body }, secret) =>
      isFine(() => new StandardWebhook(secret).verify(body, { ...headers })),
  },
  {
    dialect: 'svix',
    by: 'npm svix',
    header: 'svix-signature',
    accepts: ({ headers, body }, secret) =>
      isFine(() => new SvixWebhook(secret).verify(body, { ...headers })),
  },
  {
    dialect: 'github',
    by: 'npm @octokit/webhooks-methods',
    header: 'x-hub-signature-256',
    // It throws without a signature and returns false for a wrong one.
    accepts: ({ headers, body }, secret) =>
      verifyGithub(secret, body, headers['x-hub-signature-256']!).catch(() => false),
  },
  {
    dialect: 'stripe',
    by: 'npm stripe',
    header: 'stripe-signature',
    accepts: ({ headers, body }, secret) =>
      isFine(() => Stripe.webhooks.constructEvent(body, headers['stripe-signature']!, secret)),
  },
  {
    dialect: 'slack',
    // docs.slack.dev, "Verifying requests from Slack": its five steps.
    by: 'Slack’s public rules',
    header: 'x-slack-signature',
    accepts: ({ headers, body }, secret) => {
      const timestamp = Number(headers['x-slack-request-timestamp']);
      if (!(Math.abs(Date.now() / 1000 - timestamp) < FIVE_MINUTES_S)) return false;
      return headers['x-slack-signature'] === `v0=${hmac(secret, `v0:${timestamp}:${body}`, 'hex')}`;
    },
  },
  {
    dialect: 'shopify',
    // shopify.dev, "Deliver webhooks through HTTPS": the base64 HMAC of the raw body under the app's secret.
    by: 'Shopify’s public rules',
    header: 'x-shopify-hmac-sha256',
    accepts: ({ headers, body }, secret) => headers['x-shopify-hmac-sha256'] === hmac(secret, body, 'base64'),
  },
];

const event = {
  type: 'order.created',
  data: { id: 'obj_1', order: { id: 123, total: 499, note: 'Grüße, 世界 🎉 & "quotes" \u2028' } },
};

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const receiveOne = async (dialect: string): Promise<Received & { readonly secret: string }> => {
  await using receiver = await startReceiver();
  const { id, secret } = await server.addHook(receiver.origin, { dialect });
  const { status, text } = await server.api('POST /v1/events', { ...event, hook_ids: [id] });
  expect(status, text).toBe(202);
  const { headers, body } = await receiver.next();
  return { headers, body: body.toString(), secret };
};

/** Replaces one character by another that is valid in any text and signature. */
const changedAt = (text: string, index: number): string =>
  text.slice(0, index) + (text[index] === 'a' ? 'b' : 'a') + text.slice(index + 1);

describe.each(officials)('$dialect, verified by $by', ({ dialect, header, accepts }) => {
  it('is accepted unchanged, and refused with one changed byte or another secret', async () => {
    const { secret, ...received } = await receiveOne(dialect);
    const { headers, body } = received;
    expect(await accepts(received, secret)).toBe(true);

    const signature = headers[header]!;
    const withHeader = (value: string): Received => ({ body, headers: { ...headers, [header]: value } });
    const { [header]: _, ...unsigned } = headers;
    // The last character of base64 may contain unused bits, and the first may be part of the scheme's name.
    const inSignature = signature.length - 5;
    const refused: Record<string, Received> = {
      'a digit of the body': { headers, body: body.replace('499', '498') },
      'the last byte of the body': { headers, body: `${body.slice(0, -1)} ` },
      'one byte more': { headers, body: `${body}\n` },
      'a character of the signature': withHeader(changedAt(signature, inSignature)),
      'no signature': { headers: unsigned, body },
    };
    for (const [what, changed] of Object.entries(refused)) {
      expect([what, await accepts(changed, secret)]).toEqual([what, false]);
    }
    const stranger = changedAt(secret, secret.length - 5);
    expect(await accepts(received, stranger)).toBe(false);
  });
});

it.each([
  { dialect: 'standard', accepts: officials[0]!.accepts },
  { dialect: 'svix', accepts: officials[1]!.accepts },
  { dialect: 'stripe', accepts: officials[3]!.accepts },
])('$dialect, during a rotation, is accepted with either secret', async ({ dialect, accepts }) => {
  await using receiver = await startReceiver();
  const { id, secret } = await server.addHook(receiver.origin, { dialect });
  const rotated = await server.api(`POST /v1/webhooks/${id}/rotate-secret`, {});
  expect(rotated.status).toBe(200);
  await server.api('POST /v1/events', { ...event, hook_ids: [id] });
  const { headers, body } = await receiver.next();
  const received = { headers, body: body.toString() };
  expect(rotated.body.secret).not.toBe(secret);
  for (const one of [secret, rotated.body.secret]) expect(await accepts(received, one)).toBe(true);
});

it('the stripe package parses our event as a Stripe event', async () => {
  const { headers, body, secret } = await receiveOne('stripe');
  const read = Stripe.webhooks.constructEvent(body, headers['stripe-signature']!, secret);
  expect(read).toMatchObject({ object: 'event', type: event.type, data: { object: event.data } });
});
