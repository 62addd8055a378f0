import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { expect, it } from 'vitest';
import { type ReceivedCall, startReceiver } from '../support/receiver.ts';
import { type RunningServer, startServer } from '../support/running-server.ts';

/** What undici adds to every request by itself. */
const MADE_BY_UNDICI = new Set(['host', 'connection', 'content-length']);

const send = async (server: RunningServer, event: object): Promise<string> => {
  const { status, body, text } = await server.api('POST /v1/events', event);
  expect(status, text).toBe(202);
  return body.id;
};

const deliveriesOf = async (server: RunningServer, event_id: string) =>
  (await server.api(`GET /v1/deliveries?event_id=${event_id}`)).body.data;

type Headers = Readonly<Record<string, string>>;
interface Verifier {
  readonly name: string;
  readonly verify: (secret: string, body: string, headers: Headers) => unknown;
}

const verifiers: readonly Verifier[] = [
  {
    name: 'standardwebhooks',
    verify: (secret, body, headers) => new StandardWebhook(secret).verify(body, { ...headers }),
  },
  { name: 'svix', verify: (secret, body, headers) => new SvixWebhook(secret).verify(body, { ...headers }) },
];

const event = {
  type: 'order.created',
  data: { order: { id: 123, total: 499, note: 'Grüße, 世界 🎉 & "quotes" \u2028' } },
  occurred_at: '2026-11-21T10:30:00Z',
};

const deliverOne = async (
  fields: object = {},
): Promise<{ call: ReceivedCall; secret: string; id: string }> => {
  await using server = await startServer();
  await using receiver = await startReceiver();
  const { secret } = await server.addHook(`${receiver.origin}/in`, fields);
  const id = await send(server, event);
  return { call: await receiver.next(), secret, id };
};

/** The same text with its character at `index` changed to another one of the same kind. */
const changedAt = (text: string, index: number): string =>
  text.slice(0, index) + (text[index] === '1' ? '2' : '1') + text.slice(index + 1);

it.each(verifiers)('what arrives is accepted by the npm package $name', async ({ verify }) => {
  const { call, secret, id } = await deliverOne();
  expect(() => verify(secret, call.body.toString(), call.headers)).not.toThrow();
  expect(JSON.parse(call.body.toString())).toEqual({
    type: 'order.created',
    timestamp: '2026-11-21T10:30:00.000Z',
    data: event.data,
  });
  expect(call).toMatchObject({ method: 'POST', path: '/in', headers: { 'webhook-id': id } });
});

it.each(verifiers)('one changed byte of what arrives is refused by $name', async ({ verify }) => {
  const { call, secret } = await deliverOne();
  const body = call.body.toString();
  const { headers } = call;
  const signature = headers['webhook-signature']!;
  const refused: Record<string, [string, Headers]> = {
    'first byte of the body': [` ${body.slice(1)}`, headers],
    'a digit of the body': [body.replace('499', '498'), headers],
    'a byte more': [`${body}\n`, headers],
    id: [body, { ...headers, 'webhook-id': changedAt(headers['webhook-id']!, 10) }],
    timestamp: [body, { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 1) }],
    'start of the signature': [body, { ...headers, 'webhook-signature': changedAt(signature, 3) }],
    'end of the signature': [
      body,
      { ...headers, 'webhook-signature': changedAt(signature, signature.length - 3) },
    ],
    'no signature': [
      body,
      Object.fromEntries(Object.entries(headers).filter(([n]) => !n.endsWith('signature'))),
    ],
  };
  expect(() => verify(secret, body, headers)).not.toThrow();
  for (const [what, [changed, with_headers]] of Object.entries(refused)) {
    expect(() => verify(secret, changed, with_headers), what).toThrow(/signature|header/i);
  }
  const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  expect(() => verify(other, body, headers), 'another secret').toThrow(/signature/i);
});

it.each(verifiers)('a secret of the user’s own, in the form whsec_, signs for $name', async ({ verify }) => {
  const given = `whsec_${Buffer.alloc(24, 42).toString('base64')}`;
  const { call, secret } = await deliverOne({ secret: given });
  expect(secret).toBe(given);
  expect(() => verify(given, call.body.toString(), call.headers)).not.toThrow();
});

it('a secret without that prefix signs with its UTF-8 bytes', async () => {
  const { call } = await deliverOne({ secret: 'Schlüssel der Gärtnerei' });
  const key = Buffer.from('Schlüssel der Gärtnerei');
  const verifier = new StandardWebhook(new Uint8Array(key), { format: 'raw' });
  expect(() => verifier.verify(call.body.toString(), { ...call.headers })).not.toThrow();
});

it('custom headers arrive beside our own', async () => {
  const { call } = await deliverOne({ headers: { 'X-Tenant': 'acme', Authorization: 'Basic c2VjcmV0' } });
  expect(call.raw_headers).toContainEqual(['X-Tenant', 'acme']);
  expect(call.raw_headers).toContainEqual(['Authorization', 'Basic c2VjcmV0']);
  expect(call.headers).toMatchObject({
    'content-type': 'application/json',
    'accept-encoding': 'identity',
    'user-agent': expect.stringMatching(/^Bellwire\/\d/) as string,
  });
});

it('a form hook gets one field, payload, and the signature covers the encoded body', async () => {
  const { call, secret } = await deliverOne({ content_type: 'application/x-www-form-urlencoded' });
  const body = call.body.toString();
  expect(call.headers['content-type']).toBe('application/x-www-form-urlencoded');
  const form = new URLSearchParams(body);
  expect([...form.keys()]).toEqual(['payload']);
  expect(JSON.parse(form.get('payload')!)).toMatchObject({ type: 'order.created', data: event.data });
  const verifier = new StandardWebhook(secret);
  const check = (text: string) => () => verifier.verify(text, { ...call.headers }, { jsonParse: false });
  expect(check(body)).not.toThrow();
  expect(check(form.get('payload')!)).toThrow(/signature/i);
});

it.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
  'a hook by %s gets the whole body with its length, never in chunks',
  async (method) => {
    const { call, secret } = await deliverOne({ method });
    expect(call.method).toBe(method);
    expect(call.headers['content-length']).toBe(String(call.body.length));
    expect(call.headers).not.toHaveProperty('transfer-encoding');
    expect(() => new SvixWebhook(secret).verify(call.body.toString(), { ...call.headers })).not.toThrow();
  },
);

it.each(['application/json', 'application/x-www-form-urlencoded'])(
  'what a delivery shows as sent is what the receiver got, byte for byte, but for secret values: %s',
  async (content_type) => {
    await using server = await startServer();
    await using receiver = await startReceiver(() => ({
      status: 201,
      headers: { 'x-answer': 'yes' },
      body: 'angekommen ✓',
    }));
    await server.addHook(`${receiver.origin}/in?tenant=ä%20b`, {
      headers: { 'X-Api-Key': 'a custom value', 'X-Empty': '' },
      content_type,
    });
    const id = await send(server, event);
    const call = await receiver.next();
    const [listed] = await deliveriesOf(server, id);
    const delivery = await server.deliveryIn(listed!.id, 'succeeded');
    const [attempt] = delivery.attempts;
    const { request } = attempt!;

    expect(Buffer.from(request.body).equals(call.body)).toBe(true);
    expect(request.method).toBe(call.method);
    expect(new URL(request.url).pathname + new URL(request.url).search).toBe(call.path);
    const sent = call.raw_headers.filter(([name]) => !MADE_BY_UNDICI.has(name.toLowerCase()));
    const shown = sent.map(([name, value]) => [
      name,
      ['X-Api-Key', 'X-Empty'].includes(name) ? '[secret]' : value,
    ]);
    expect(Object.entries(request.headers)).toEqual(shown);
    expect(attempt).toMatchObject({
      number: 1,
      outcome: 'succeeded',
      response: { status: 201, headers: { 'x-answer': 'yes' }, body: 'angekommen ✓', body_truncated: false },
    });
  },
);

it('every attempt has the same webhook-id and is signed anew', async () => {
  await using server = await startServer({ settings: { retry_schedule: '0,100ms' } });
  await using receiver = await startReceiver((_, nth) => ({ status: nth === 1 ? 500 : 200 }));
  const { secret } = await server.addHook(receiver.origin);
  const id = await send(server, event);
  const calls = [await receiver.next(), await receiver.next()];
  for (const call of calls) {
    expect(call.headers['webhook-id']).toBe(id);
    expect(() => new StandardWebhook(secret).verify(call.body.toString(), { ...call.headers })).not.toThrow();
  }
  const [listed] = await deliveriesOf(server, id);
  const { attempts } = await server.deliveryIn(listed!.id, 'succeeded');
  expect(attempts.map(({ number, outcome }) => [number, outcome])).toEqual([
    [1, 'http_status'],
    [2, 'succeeded'],
  ]);
});

it('an event reaches every hook that subscribes to it and no other', async () => {
  await using server = await startServer();
  await using receiver = await startReceiver();
  const subscriptions = { exact: ['order.created'], below: ['order.*'], all: ['*'], other: ['orders.*'] };
  for (const [path, events] of Object.entries(subscriptions)) {
    await server.addHook(`${receiver.origin}/${path}`, { events });
  }
  await server.addHook(`${receiver.origin}/paused`, { active: false });
  const { body } = await server.api('POST /v1/events', event);
  expect(body.deliveries).toBe(4);
  const paths = [await receiver.next(), await receiver.next(), await receiver.next()].map(({ path }) => path);
  expect(paths.toSorted()).toEqual(['/all', '/below', '/exact']);
  const statuses = (await deliveriesOf(server, body.id)).map(({ status }) => status);
  expect(statuses).toContain('held');
  expect(receiver.calls).toHaveLength(3);
});
