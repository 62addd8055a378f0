import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { beforeEach, expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { keepForFile, type ServerView, startServer } from '../support/running-server.ts';

const shared = await keepForFile(startServer({ settings: { retry_schedule: '0,100ms' } }));
let server: ServerView;
beforeEach(async () => {
  server = await shared.newWorkspace();
});

type Headers = Readonly<Record<string, string>>;
const verifiers = [
  ['standardwebhooks', (secret: string) => new StandardWebhook(secret)],
  ['svix', (secret: string) => new SvixWebhook(secret)],
] as const;

const event = {
  type: 'order.created',
  data: { order: { id: 123, total: 499, note: 'Grüße, 世界 🎉 & "quotes" \u2028' } },
  occurred_at: '2026-11-21T10:30:00Z',
};

const deliverOne = async (fields: object = {}) => {
  await using receiver = await startReceiver();
  const { secret } = await server.addHook(`${receiver.origin}/in`, fields);
  const { id } = await server.send(event);
  const call = await receiver.next();
  return { call, text: call.body.toString(), headers: call.headers, secret, id };
};

/** The same text with another character of the same kind at `index`. */
const changedAt = (text: string, index: number): string =>
  text.slice(0, index) + (text[index] === '1' ? '2' : '1') + text.slice(index + 1);

it.each(verifiers)(
  'the npm package %s accepts a delivery and refuses it with any byte changed',
  async (_, open) => {
    const { call, text, headers, secret, id } = await deliverOne();
    const verify = (body: string, with_headers: Headers, key = secret) =>
      void open(key).verify(body, { ...with_headers });
    verify(text, headers);
    expect(JSON.parse(text)).toEqual({
      type: 'order.created',
      timestamp: '2026-11-21T10:30:00.000Z',
      data: event.data,
    });
    expect(call).toMatchObject({ method: 'POST', path: '/in', headers: { 'webhook-id': id } });

    const { 'webhook-signature': signature = '', ...unsigned } = headers;
    const earlier = String(Number(headers['webhook-timestamp']) - 1);
    const refused: Record<string, [string, Headers]> = {
      'first byte of the body': [` ${text.slice(1)}`, headers],
      'a digit of the body': [text.replace('499', '498'), headers],
      'an additional byte': [`${text}\n`, headers],
      id: [text, { ...headers, 'webhook-id': changedAt(headers['webhook-id']!, 10) }],
      timestamp: [text, { ...headers, 'webhook-timestamp': earlier }],
      'start of the signature': [text, { ...headers, 'webhook-signature': changedAt(signature, 3) }],
      'end of the signature': [
        text,
        { ...headers, 'webhook-signature': changedAt(signature, signature.length - 3) },
      ],
      'no signature': [text, unsigned],
    };
    for (const [what, [body, with_headers]] of Object.entries(refused)) {
      expect(() => verify(body, with_headers), what).toThrow(/signature|header/i);
    }
    const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    expect(() => verify(text, headers, other), 'another secret').toThrow(/signature/i);
  },
);

it.each(verifiers)('a user-supplied whsec_ secret signs for %s', async (_, open) => {
  const own = `whsec_${Buffer.alloc(24, 42).toString('base64')}`;
  const { text, headers, secret } = await deliverOne({ secret: own });
  expect(secret).toBe(own);
  open(own).verify(text, { ...headers });
});

it('a secret without the whsec_ prefix signs with its UTF-8 bytes', async () => {
  const { text, headers } = await deliverOne({ secret: 'Schlüssel der Gärtnerei' });
  const key = new Uint8Array(Buffer.from('Schlüssel der Gärtnerei'));
  new StandardWebhook(key, { format: 'raw' }).verify(text, { ...headers });
});

it('custom headers are sent beside those of Bellwire', async () => {
  const custom = { 'X-Tenant': 'acme', Authorization: 'Basic c2VjcmV0' };
  const { call, headers } = await deliverOne({ headers: custom });
  expect(call.raw_headers).toEqual(expect.arrayContaining(Object.entries(custom)));
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'accept-encoding': 'identity',
    'user-agent': expect.stringMatching(/^Bellwire\/\d/) as string,
  });
});

it('a form hook gets one field, payload, and the signature covers the encoded body', async () => {
  const { text, headers, secret } = await deliverOne({ content_type: 'application/x-www-form-urlencoded' });
  expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
  const form = new URLSearchParams(text);
  expect([...form.keys()]).toEqual(['payload']);
  const payload = form.get('payload')!;
  expect(JSON.parse(payload)).toMatchObject({ type: 'order.created', data: event.data });
  const verify = (body: string) =>
    new StandardWebhook(secret).verify(body, { ...headers }, { jsonParse: false });
  verify(text);
  expect(() => verify(payload)).toThrow(/signature/i);
});

it.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
  'a %s hook gets the whole body with its length, never in chunks',
  async (method) => {
    const { call, text, headers, secret } = await deliverOne({ method });
    expect(call.method).toBe(method);
    expect(headers['content-length']).toBe(String(call.body.length));
    expect(headers).not.toHaveProperty('transfer-encoding');
    new SvixWebhook(secret).verify(text, { ...headers });
  },
);

it.each(['application/json', 'application/x-www-form-urlencoded'])(
  'a delivery shows the request byte for byte, except for secret values: %s',
  async (content_type) => {
    const answer = { status: 201, headers: { 'x-answer': 'yes' }, body: 'angekommen ✓' };
    await using receiver = await startReceiver(() => answer);
    const secret_headers = { 'X-Api-Key': 'a custom value', 'X-Empty': '' };
    await server.addHook(`${receiver.origin}/in?tenant=ä%20b`, { headers: secret_headers, content_type });
    const { id } = await server.send(event);
    const call = await receiver.next();
    const [listed] = await server.deliveries(`event_id=${id}`);
    const [attempt] = (await server.deliveryIn(listed!.id, 'succeeded')).attempts;
    const { request } = attempt!;

    expect(Buffer.from(request.body).equals(call.body)).toBe(true);
    expect(request.method).toBe(call.method);
    expect(new URL(request.url).pathname + new URL(request.url).search).toBe(call.path);
    const expected = call.raw_headers.map(([name, value]) => [
      name,
      name in secret_headers ? '[secret]' : value,
    ]);
    expect(Object.entries(request.headers)).toEqual(expected);
    const response = { ...answer, body_truncated: false };
    expect(attempt).toMatchObject({ number: 1, outcome: 'succeeded', response });
  },
);

it('every attempt carries the same webhook-id and its own signature', async () => {
  await using receiver = await startReceiver((_, nth) => ({ status: nth === 1 ? 500 : 200 }));
  const { secret } = await server.addHook(receiver.origin);
  const { id } = await server.send(event);
  for (const call of [await receiver.next(), await receiver.next()]) {
    expect(call.headers['webhook-id']).toBe(id);
    new StandardWebhook(secret).verify(call.body.toString(), { ...call.headers });
  }
  const [listed] = await server.deliveries(`event_id=${id}`);
  const { attempts } = await server.deliveryIn(listed!.id, 'succeeded');
  expect(attempts).toMatchObject([
    { number: 1, outcome: 'http_status' },
    { number: 2, outcome: 'succeeded' },
  ]);
});

it('an event is sent to every hook that subscribes to it and to no other', async () => {
  await using receiver = await startReceiver();
  const subscriptions = { exact: ['order.created'], below: ['order.*'], all: ['*'], other: ['orders.*'] };
  for (const [path, events] of Object.entries(subscriptions)) {
    await server.addHook(`${receiver.origin}/${path}`, { events });
  }
  await server.addHook(`${receiver.origin}/paused`, { active: false });
  const { id, deliveries } = await server.send(event);
  expect(deliveries).toBe(4);
  const paths = [await receiver.next(), await receiver.next(), await receiver.next()].map(({ path }) => path);
  expect(paths.toSorted()).toEqual(['/all', '/below', '/exact']);
  const statuses = (await server.deliveries(`event_id=${id}`)).map(({ status }) => status);
  expect(statuses).toContain('held');
  expect(receiver.calls).toHaveLength(3);
});
