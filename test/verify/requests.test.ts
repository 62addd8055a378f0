import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import {
  isUsableSecret,
  type NodeRequest,
  receiverDialects,
  type Verification,
  verify,
} from '@bellwire/verify';
import express from 'express';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDialects } from '../../packages/server/src/dialects/registry.ts';
import { portOf } from '../support/port-of.ts';
import { bodyOf, type ReceivingCase, receivingCases } from '../support/vectors.ts';

const caseNamed = (name: string): ReceivingCase => receivingCases.find((one) => one.name === name)!;
const genuine = caseNamed('standard: as it is signed');
const { secrets, headers, body = '', now } = genuine;
const options = { secret: secrets, now: () => now * 1000 };

/** Sends the genuine request to a real server and returns the result of its handler. */
const throughNode = async (
  handler: (done: (verdict: Verification) => void) => RequestListener,
): Promise<Verification> => {
  const { promise, resolve } = Promise.withResolvers<Verification>();
  const server = createServer(handler(resolve)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const url = `http://127.0.0.1:${portOf(server)}/`;
    const sent = { ...headers, 'content-type': 'application/json' };
    await fetch(url, { method: 'POST', headers: sent, body });
    return await promise;
  } finally {
    server.close();
  }
};

describe('a genuine request is accepted', () => {
  const accepted = {
    accepted: true,
    id: headers['webhook-id'],
    type: 'order.created',
  };

  it('as a Fetch request', async () => {
    const request = new Request('https://your-app.com/', { method: 'POST', headers, body });
    const verdict = await verify(request, options);
    expect(verdict).toMatchObject(accepted);
    if (!verdict.accepted) throw new Error(verdict.message);
    expect(verdict.json()).toEqual(JSON.parse(body));
    expect(verdict.json()).toBe(verdict.json());
    expect(Buffer.from(verdict.body).toString()).toBe(body);
  });

  it('as an unread Node request', async () => {
    const verdict = await throughNode((done) => async (request, response) => {
      done(await verify(request, options));
      response.end();
    });
    expect(verdict).toMatchObject(accepted);
  });

  it('as an Express request after express.raw()', async () => {
    const verdict = await throughNode((done) =>
      express().post('/', express.raw({ type: () => true }), async (request, response) => {
        done(await verify(request as NodeRequest, options));
        response.end();
      }),
    );
    expect(verdict).toMatchObject(accepted);
  });

  it.each([
    ['bytes', new TextEncoder().encode(body)],
    ['a buffer', Buffer.from(body)],
    ['an ArrayBuffer', new TextEncoder().encode(body).buffer],
    ['text', body],
  ])('as headers and %s', async (_, raw) => {
    const shouted = Object.fromEntries(Object.entries(headers).map(([k, v]) => [k.toUpperCase(), [v]]));
    expect(await verify({ headers, body: raw }, options)).toMatchObject(accepted);
    expect(await verify({ headers: shouted, body: raw }, options)).toMatchObject(accepted);
    expect(await verify({ headers: new Headers(headers), body: raw }, options)).toMatchObject(accepted);
  });

  it('in a custom format with other header names', async () => {
    const { github } = receiverDialects;
    const acme = { ...github, signature: 'x-acme-signature-256', id: { header: 'x-acme-delivery' } };
    const one = caseNamed('github: as it is signed');
    const renamed = {
      'x-acme-signature-256': one.headers['x-hub-signature-256'],
      'x-acme-delivery': 'd1',
    };
    const verdict = await verify(
      { headers: renamed, body: one.body! },
      { secret: one.secrets, dialect: acme },
    );
    expect(verdict).toMatchObject({ accepted: true, id: 'd1' });
  });
});

it('a form is accepted only in dialects that send forms', async () => {
  const one = caseNamed('activities: a form: the signature covers the encoded body');
  const headers_of_form = { ...one.headers, 'content-type': 'application/x-www-form-urlencoded' };
  const event = JSON.parse(new URLSearchParams(one.body).get('payload')!) as Record<string, unknown>;
  const received = { headers: headers_of_form, body: one.body! };
  const read = async (forms: boolean) =>
    verify(received, { secret: one.secrets, dialect: { ...receiverDialects.activities, forms } });
  const taken = await read(true);
  expect(taken).toMatchObject({ accepted: true, id: event['id'], type: event['event'] });
  if (taken.accepted) expect(taken.json()).toEqual(event);
  const other = await read(false);
  expect(other).toMatchObject({ accepted: true, id: null, type: null });
  if (other.accepted) expect(other.json).toThrow(SyntaxError);
});

it('every dialect of the server is in the table', () => {
  expect(Object.keys(receiverDialects).toSorted()).toEqual([...createDialects().keys()].toSorted());
});

const refusalOf = async (received: Parameters<typeof verify>[0], more = {}): Promise<string> => {
  const verdict = await verify(received, { ...options, ...more });
  return verdict.accepted ? 'accepted' : `${verdict.reason}: ${verdict.message}`;
};

const at = (seconds: number) => ({ now: () => (now + seconds) * 1000 });

describe('a refusal explains', () => {
  it('a body parsed by middleware', async () => {
    const verdict = await throughNode((done) =>
      express().post('/', express.json(), async (request, response) => {
        done(await verify(request as NodeRequest, options));
        response.end();
      }),
    );
    expect(verdict).toMatchObject({
      reason: 'body_parsed',
      message: expect.stringContaining('express.raw()'),
    });
  });

  it('a body that was already read', async () => {
    const request = new Request('https://your-app.com/', { method: 'POST', headers, body });
    await request.text();
    expect(await refusalOf(request)).toMatch(/^body_parsed: .*the signed bytes are gone/);
    const verdict = await throughNode((done) => async (incoming, response) => {
      for await (const _ of incoming);
      done(await verify(incoming, options));
      response.end();
    });
    expect(verdict).toMatchObject({ reason: 'body_parsed' });
  });

  it('a body that was parsed and serialized again, without a content-length', async () => {
    const pretty = JSON.stringify(JSON.parse(body), null, 2);
    expect(await refusalOf({ headers, body: pretty })).toMatch(
      new RegExp(`^body_changed: .* ${body.length} bytes but ${pretty.length} bytes arrived`),
    );
  });

  it('a body length that differs from content-length', async () => {
    const announced = { ...headers, 'content-length': '98' };
    expect(await refusalOf({ headers: announced, body: '{}' })).toMatch(/sent 98 bytes but 2 bytes arrived/);
  });

  it('a wrong clock, with its offset and direction', async () => {
    expect(await refusalOf({ headers, body }, at(4000))).toMatch(
      /^clock_off: The request was signed 4000 seconds ago/,
    );
    expect(await refusalOf({ headers, body }, at(-4000))).toMatch(/4000 seconds in the future/);
    expect(await refusalOf({ headers, body }, { ...at(4000), tolerance_s: 4000 })).toBe('accepted');
  });

  it('a missing header, by name', async () => {
    const { 'webhook-timestamp': _, ...others } = headers;
    expect(await refusalOf({ headers: others, body })).toMatch(/^header_missing: .*webhook-timestamp/);
  });

  it('a body that is too large, without reading the rest', async () => {
    expect(await refusalOf({ headers, body }, { max_body_bytes: 10 })).toMatch(/^body_too_large: .*10 bytes/);
    const verdict = await throughNode((done) => async (request, response) => {
      const result = await verify(request, { ...options, max_body_bytes: 10 });
      expect(request.destroyed).toBe(true);
      done(result);
      response.end();
    });
    expect(verdict).toMatchObject({ reason: 'body_too_large' });
  });
});

it('the message of a refusal contains no secret, no signature and no part of the body', async () => {
  const refusals = receivingCases.filter((one) => !one.accepted);
  expect(refusals.length).toBeGreaterThan(100);
  for (const one of refusals) {
    const received = { headers: one.headers, body: bodyOf(one) };
    const judging = { secret: one.secrets, dialect: one.dialect as 'standard', now: () => one.now * 1000 };
    const verdict = await verify(received, judging);
    const text = JSON.stringify(verdict);
    const texts = [...one.secrets, ...Object.values(one.headers), one.body ?? ''];
    // A shorter text would occur in any sentence.
    const exposed = texts.filter((secret) => secret.length > 7 && text.includes(secret));
    expect([one.name, exposed]).toEqual([one.name, []]);
  }
});

it('no more of a stream is read than the limit and what it had buffered', async () => {
  let chunks = 0;
  const endless = function* (): Iterable<Uint8Array> {
    while (chunks++ < 10_000) yield new Uint8Array(1);
  };
  const stream = Object.assign(Readable.from(endless()), { headers });
  expect(await refusalOf(stream, { max_body_bytes: 10 })).toMatch(/^body_too_large/);
  expect(chunks).toBeLessThan(100);
});

it.each([
  ['whsec_YQ==', true],
  ['whsec_YQ', false],
  ['whsec_YR==', false],
  ['whsec_ YQ==', false],
  ['whsec_', false],
])('a Standard Webhooks secret is canonical base64: %j is usable: %s', (secret, isUsable) => {
  expect(isUsableSecret('standard', secret)).toBe(isUsable);
});

it('each of many secrets verifies its own signature and no other', async () => {
  const dialect = 'shopify';
  for (let index = 0; index < 250; index++) {
    const signature = createHmac('sha256', `secret ${index}`).update(body).digest('base64');
    const received = { headers: { 'x-shopify-hmac-sha256': signature, 'x-shopify-webhook-id': 'd1' }, body };
    const check = async (secret: string) => (await verify(received, { secret, dialect })).accepted;
    expect([await check(`secret ${index}`), await check(`secret ${index + 1}`)]).toEqual([true, false]);
  }
});

it('a flipped bit anywhere is refused', async () => {
  const bytes = Buffer.from(body);
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async (bit) => {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect((await verify({ headers, body: flipped }, options)).accepted).toBe(false);
    }),
    { numRuns: 500 },
  );
});
