import { describe, expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { type RunningServer, startServer } from '../support/running-server.ts';

const url = 'https://receiver.example.com/in';
const hook = { url, events: ['*'] };

const FIELDS = [
  'id',
  'number',
  'name',
  'url',
  'events',
  'method',
  'content_type',
  'dialect',
  'status',
  'active',
  'insecure_ssl',
  'max_attempts',
  'timeout_ms',
  'headers',
  'validated_at',
  'disabled_reason',
  'consecutive_failures',
  'created_at',
  'updated_at',
];

const shown = async (server: RunningServer, id: string): Promise<Record<string, unknown>> =>
  JSON.parse((await server.api(`GET /v1/webhooks/${id}`)).text) as Record<string, unknown>;

const send = (server: RunningServer, type: string, data: object = {}) =>
  server.api('POST /v1/events', { type, data });

it('a new hook has every documented field, and defaults that work', async () => {
  await using server = await startServer();
  const created = await server.api('POST /v1/webhooks', {
    url: 'https://a.example.com:8443/in',
    events: ['a'],
  });
  expect(created.status).toBe(201);
  expect(Object.keys(created.body)).toEqual(expect.arrayContaining([...FIELDS, 'secret']));
  expect(created.body).toMatchObject({
    name: 'a.example.com:8443',
    method: 'POST',
    content_type: 'application/json',
    dialect: 'standard',
    status: 'active',
    active: true,
    insecure_ssl: false,
    max_attempts: null,
    timeout_ms: null,
    headers: {},
    secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/) as string,
  });
  const got = await shown(server, created.body.id);
  expect(Object.keys(got).toSorted()).toEqual(FIELDS.toSorted());
  expect(created.body).toMatchObject(got);
});

it.each(['url', 'target_url', 'callback_url'])(
  'the URL can be called %s, when made and when changed',
  async (name) => {
    await using server = await startServer();
    const { status, body } = await server.api('POST /v1/webhooks', { [name]: url, events: ['*'] });
    expect([status, (body as { url?: string }).url]).toEqual([201, url]);
    const changed = await server.api(`PATCH /v1/webhooks/${body.id}`, { [name]: `${url}/2` });
    expect(changed.body).toMatchObject({ url: `${url}/2` });
  },
);

it('the secret is in the answer to create and in no other; values of headers are in none', async () => {
  await using server = await startServer();
  await using receiver = await startReceiver();
  const value = 'a value of a custom header';
  const headers = { 'X-Api-Key': value };
  const created = await server.api('POST /v1/webhooks', { url: receiver.origin, events: ['*'], headers });
  const { id, secret } = created.body;
  expect(created.text).not.toContain(value);
  const sent = await send(server, 'a');
  await receiver.next();
  const { body } = await server.api(`GET /v1/deliveries?event_id=${sent.body.id}`);
  await server.deliveryIn(body.data[0]!.id, 'succeeded');
  const answers = [
    await server.api(`GET /v1/webhooks/${id}`),
    await server.api('GET /v1/webhooks'),
    await server.api(`PATCH /v1/webhooks/${id}`, { name: 'x' }),
    await server.api(`POST /v1/webhooks/${id}/deactivate`),
    await server.api(`POST /v1/webhooks/${id}/activate`),
    await server.api(`POST /v1/webhooks/${id}/ping`),
    await server.api(`GET /v1/deliveries/${body.data[0]!.id}`),
    await server.api('GET /trpc/hooks.list?input={}'),
  ];
  for (const answer of answers) {
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain(secret);
    expect(answer.text).not.toContain(secret.slice('whsec_'.length));
    expect(answer.text).not.toContain(value);
  }
  expect(await shown(server, id)).toMatchObject({ headers: { 'X-Api-Key': '[secret]' } });
});

it('a change changes what it names and nothing else', async () => {
  await using server = await startServer();
  const { id } = await server.addHook(url, { headers: { 'X-A': '1' }, max_attempts: 5 });
  const before = await shown(server, id);
  const change = { name: 'renamed', events: ['a.*'], method: 'PUT', timeout_ms: 500, max_attempts: null };
  const { status, text } = await server.api(`PATCH /v1/webhooks/${id}`, change);
  expect(status).toBe(200);
  const after = JSON.parse(text) as typeof before;
  expect(after).toEqual({ ...before, ...change, updated_at: after['updated_at'] });
  expect(await shown(server, id)).toEqual(after);
});

it('a changed hook is what the next event meets', async () => {
  await using server = await startServer();
  await using receiver = await startReceiver();
  const { id } = await server.addHook(`${receiver.origin}/old`, { events: ['a'] });
  await server.api(`PATCH /v1/webhooks/${id}`, { url: `${receiver.origin}/new`, events: ['b'] });
  expect((await send(server, 'a')).body.deliveries).toBe(0);
  expect((await send(server, 'b')).body.deliveries).toBe(1);
  expect((await receiver.next()).path).toBe('/new');
});

it('activate and deactivate switch between active and paused; a paused hook holds what it would get', async () => {
  await using server = await startServer();
  await using receiver = await startReceiver();
  const { id } = await server.addHook(receiver.origin);
  const paused = await server.api(`POST /v1/webhooks/${id}/deactivate`);
  expect(paused.body).toMatchObject({ status: 'paused', active: false });
  await send(server, 'a');
  const { body } = await server.api(`GET /v1/webhooks/${id}/deliveries`);
  expect(body.data).toMatchObject([{ status: 'held', attempt_count: 0 }]);
  const active = await server.api(`POST /v1/webhooks/${id}/activate`);
  expect(active.body).toMatchObject({ status: 'active', active: true });
  const by_patch = await server.api(`PATCH /v1/webhooks/${id}`, { active: false });
  expect(by_patch.body).toMatchObject({ status: 'paused', active: false });
  expect(receiver.calls).toHaveLength(0);
});

it('a deleted hook is gone, its pending deliveries are canceled, and it gets nothing more', async () => {
  await using server = await startServer();
  await using receiver = await startReceiver(() => ({ status: 500 }));
  const { id } = await server.addHook(receiver.origin);
  await send(server, 'a');
  await receiver.next();
  const { body } = await server.api('GET /v1/deliveries');
  const delivery_id = body.data[0]!.id;
  await server.deliveryIn(delivery_id, 'pending');
  const removed = await server.api(`DELETE /v1/webhooks/${id}`);
  expect([removed.status, removed.text]).toEqual([204, '']);
  expect((await server.api(`DELETE /v1/webhooks/${id}`)).status).toBe(404);
  expect((await server.api(`GET /v1/webhooks/${id}`)).status).toBe(404);
  expect((await server.api(`PATCH /v1/webhooks/${id}`, { name: 'x' })).status).toBe(404);
  expect((await server.api(`POST /v1/webhooks/${id}/ping`)).status).toBe(404);
  expect((await server.api('GET /v1/webhooks')).body.data).toEqual([]);
  const { body: delivery } = await server.api(`GET /v1/deliveries/${delivery_id}`);
  expect(delivery).toMatchObject({ status: 'canceled', next_attempt_at: null });
  expect((await send(server, 'a')).body.deliveries).toBe(0);
});

const tested = (delivery_id: unknown) => ({ success: true, message: 'Test webhook sent', delivery_id });

describe('trying a hook out', () => {
  const anId = expect.stringMatching(/^dlv_[0-9a-z]{26}$/) as string;

  it('both test routes answer exactly as documented, without a body and without a content type', async () => {
    await using server = await startServer();
    await using receiver = await startReceiver();
    const { id } = await server.addHook(receiver.origin, { events: ['order.*', 'order.paid', 'b'] });
    const by_path = await server.api(`POST /v1/webhooks/${id}/test`);
    expect([by_path.status, JSON.parse(by_path.text)]).toEqual([200, tested(anId)]);
    expect(Object.keys(by_path.body)).toEqual(['success', 'message', 'delivery_id']);
    for (const name of ['webhook_id', 'hook_id']) {
      const by_body = await server.api('POST /v1/webhooks/test', {
        [name]: id,
        event_type: 'b',
        data: { c: 1 },
      });
      expect([by_body.status, JSON.parse(by_body.text)]).toEqual([200, tested(anId)]);
    }
    const by_query = await server.api(`POST /v1/webhooks/test?webhook_id=${id}&event_type=b`);
    expect(by_query.status).toBe(200);
    const calls = [await receiver.next(), await receiver.next()];
    const bodies = calls.map(({ body }) => JSON.parse(body.toString()) as object);
    expect(bodies).toMatchObject([
      { type: 'order.paid', data: {} },
      { type: 'b', data: { c: 1 } },
    ]);
    const delivery = await server.deliveryIn(by_path.body.delivery_id, 'succeeded');
    expect(delivery).toMatchObject({ trigger: 'test', hook_id: id });
  });

  it('a test sends the example of its type from the catalog', async () => {
    await using server = await startServer();
    await using receiver = await startReceiver();
    const { id } = await server.addHook(receiver.origin, { events: ['a', 'b'] });
    await server.api('PUT /v1/event-types/b', { example: { order: { id: 7 } } });
    await server.api(`POST /v1/webhooks/${id}/test`);
    const { body } = await receiver.next();
    expect(JSON.parse(body.toString())).toMatchObject({ type: 'b', data: { order: { id: 7 } } });
  });

  it('a ping reaches a paused hook, once, and its failure counts for nothing', async () => {
    await using server = await startServer();
    await using receiver = await startReceiver(() => ({ status: 500 }));
    const { id } = await server.addHook(receiver.origin, { active: false, events: ['a'] });
    const pinged = await server.api(`POST /v1/webhooks/${id}/ping`);
    expect([pinged.status, pinged.body]).toMatchObject([200, { success: true, delivery_id: anId }]);
    const call = await receiver.next();
    expect(JSON.parse(call.body.toString())).toMatchObject({ type: 'ping', data: {} });
    const delivery = await server.deliveryIn(pinged.body.delivery_id, 'failed');
    expect(delivery).toMatchObject({ failure_reason: 'single_attempt', attempt_count: 1, trigger: 'ping' });
    expect(await shown(server, id)).toMatchObject({ consecutive_failures: 0, status: 'paused' });
  });
});

it('an event that names its hooks reaches only those that subscribe to it', async () => {
  await using server = await startServer();
  const ids = await Promise.all(
    [['a'], ['a'], ['b']].map(async (events) => (await server.addHook(url, { events, active: false })).id),
  );
  const { body } = await server.api('POST /v1/events', { type: 'a', data: {}, hook_ids: [ids[1], ids[2]] });
  const { body: list } = await server.api(`GET /v1/deliveries?event_id=${body.id}`);
  expect(body.deliveries).toBe(list.data.length);
  expect(list.data.map((delivery) => (delivery as { hook_id?: string }).hook_id)).toContain(ids[1]);
  expect(list.data.map((delivery) => (delivery as { hook_id?: string }).hook_id)).not.toContain(ids[0]);
});

it('hooks are numbered, each number once', async () => {
  await using server = await startServer();
  const made = await Promise.all(Array.from({ length: 10 }, () => server.api('POST /v1/webhooks', hook)));
  const numbers = new Set(made.map(({ body }) => (body as { number?: number }).number));
  expect(numbers.size).toBe(10);
  for (const number of numbers) expect(Number.isInteger(number)).toBe(true);
});
