import { beforeEach, describe, expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { keepForFile, type ServerView, startServer } from '../support/running-server.ts';

const url = 'https://receiver.example.com/in';

const FIELDS =
  `id number name description metadata url events filter method content_type ordered order_key dialect status
  active insecure_ssl max_attempts retry_schedule attempt_delays timeout_ms rate_limit headers client_certificate validated_at disabled_reason breaker consecutive_failures last_failure next_attempt_at tenant secret_state created_at updated_at`.split(
    /\s+/,
  );

const shared = await keepForFile(startServer());
let server: ServerView;
beforeEach(async () => {
  server = await shared.newWorkspace();
});

const shown = async (id: string) => (await server.api(`GET /v1/webhooks/${id}`)).body;

it('a new hook has every documented field, with working defaults', async () => {
  const new_hook = { url: 'https://a.example.com:8443/in', events: ['a'] };
  const { status, body } = await server.api('POST /v1/webhooks', new_hook);
  expect(status).toBe(201);
  expect(Object.keys(body)).toEqual(expect.arrayContaining([...FIELDS, 'secret']));
  expect(body).toMatchObject({
    name: 'a.example.com:8443',
    method: 'POST',
    content_type: 'application/json',
    ordered: false,
    order_key: null,
    dialect: 'standard',
    status: 'active',
    active: true,
    insecure_ssl: false,
    max_attempts: null,
    retry_schedule: null,
    attempt_delays: expect.any(Array),
    timeout_ms: null,
    rate_limit: null,
    breaker: { state: 'closed', next_probe_at: null },
    headers: {},
    client_certificate: null,
    filter: null,
    description: '',
    metadata: {},
    secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/) as string,
  });
  const got = await shown(body.id);
  expect(Object.keys(got).toSorted()).toEqual(FIELDS.toSorted());
  expect(body).toMatchObject(got);
});

it.each(['url', 'target_url', 'callback_url'])('creates and changes accept the URL as %s', async (name) => {
  const { status, body } = await server.api('POST /v1/webhooks', { [name]: url, events: ['*'] });
  expect([status, body.url]).toEqual([201, url]);
  const changed = await server.api(`PATCH /v1/webhooks/${body.id}`, { [name]: `${url}/2` });
  expect(changed.body.url).toBe(`${url}/2`);
});

it('only the answer to create shows the secret; no answer shows values of headers', async () => {
  await using receiver = await startReceiver();
  const value = 'a value of a custom header';
  const new_hook = { url: receiver.origin, events: ['*'], headers: { 'X-Api-Key': value } };
  const created = await server.api('POST /v1/webhooks', new_hook);
  const { id, secret } = created.body;
  expect(created.text).not.toContain(value);
  const event = await server.send();
  const [delivery] = await server.deliveries(`event_id=${event.id}`);
  await server.deliveryIn(delivery!.id, 'succeeded');
  const answers = [
    await server.api(`GET /v1/webhooks/${id}`),
    await server.api('GET /v1/webhooks'),
    await server.api(`PATCH /v1/webhooks/${id}`, { name: 'x' }),
    await server.api(`POST /v1/webhooks/${id}/deactivate`),
    await server.api(`POST /v1/webhooks/${id}/activate`),
    await server.api(`POST /v1/webhooks/${id}/ping`),
    await server.api(`GET /v1/deliveries/${delivery!.id}`),
    await server.api('GET /trpc/hooks.list?input={}'),
  ];
  for (const { status, text } of answers) {
    expect(status).toBe(200);
    for (const hidden of [secret, secret.slice('whsec_'.length), value]) expect(text).not.toContain(hidden);
  }
  expect(await shown(id)).toMatchObject({ headers: { 'X-Api-Key': '[secret]' } });
});

const delaysOf = (minutes: readonly number[]) =>
  minutes.map((count) => ({ min_ms: count * 60_000, max_ms: count * 75_000 }));

it('a hook shows its own schedule, and the range of each delay that results from it', async () => {
  const schedule = ['0', '60s', '5m', '1d'];
  const { id } = await server.addHook(url, { retry_schedule: schedule });
  expect(await shown(id)).toMatchObject({
    retry_schedule: ['0s', '1m', '5m', '24h'],
    attempt_delays: delaysOf([0, 1, 5, 1440]),
  });
  const patch = async (change: object) => (await server.api(`PATCH /v1/webhooks/${id}`, change)).body;
  expect(await patch({ max_attempts: 2 })).toMatchObject({ attempt_delays: delaysOf([0, 1]) });
  const extended = delaysOf([0, 1, 5, 1440, 1440]);
  expect(await patch({ max_attempts: 5 })).toMatchObject({ attempt_delays: extended });
  const [first, second] = [
    { min_ms: 0, max_ms: 0 },
    { min_ms: 5_000, max_ms: 7_000 },
  ];
  const standard = { retry_schedule: null, attempt_delays: [first, second] };
  expect(await patch({ max_attempts: 2, retry_schedule: null })).toMatchObject(standard);
});

it('a hook without its own schedule shows the one of the configuration, or else of its dialect', async () => {
  const { id } = await server.addHook(url, { dialect: 'activities', max_attempts: 1 });
  expect(await shown(id)).toMatchObject({ attempt_delays: delaysOf([0]) });
  await using configured = await startServer({ settings: { retry_schedule: '0,1m,2m' } });
  const of = async (fields: object) => (await configured.addHook(url, fields)).id;
  const read = async (hook: string) => (await configured.api(`GET /v1/webhooks/${hook}`)).body;
  expect(await read(await of({}))).toMatchObject({ attempt_delays: delaysOf([0, 1, 2]) });
  const own = await of({ retry_schedule: ['0s', '7m'] });
  expect(await read(own)).toMatchObject({ attempt_delays: delaysOf([0, 7]) });
});

it('a change sets the fields that it names and no others', async () => {
  const { id } = await server.addHook(url, {
    headers: { 'X-A': '1' },
    max_attempts: 5,
    retry_schedule: ['0s'],
  });
  const before = await shown(id);
  const change = { name: 'renamed', events: ['a.*'], method: 'PUT', timeout_ms: 500, max_attempts: null };
  const { status, body } = await server.api(`PATCH /v1/webhooks/${id}`, change);
  expect(status).toBe(200);
  const updated_at = expect.any(String) as unknown;
  expect(body).toEqual({ ...before, ...change, attempt_delays: delaysOf([0]), warnings: [], updated_at });
  expect({ ...(await shown(id)), warnings: [] }).toEqual(body);
});

it('description and metadata are yours: a change replaces them whole, and receivers do not get them', async () => {
  await using receiver = await startReceiver();
  const own = { description: 'Orders for the ERP', metadata: { plan: 'team', owner: 'ü' } };
  const { id } = await server.addHook(receiver.origin, own);
  expect(await shown(id)).toMatchObject(own);
  expect((await server.api('GET /v1/webhooks')).body.data).toMatchObject([own]);
  await server.send();
  const { headers, body } = await receiver.next();
  expect(JSON.stringify(headers) + String(body)).not.toMatch(/ERP|team|owner/);
  await server.api(`PATCH /v1/webhooks/${id}`, { name: 'other' });
  expect(await shown(id)).toMatchObject(own);
  const metadata = { region: 'eu' };
  const changed = await server.api(`PATCH /v1/webhooks/${id}`, { metadata, description: '' });
  expect(changed.body).toEqual(expect.objectContaining({ metadata, description: '' }));
  await server.api(`PATCH /v1/webhooks/${id}`, { metadata: {} });
  expect(await shown(id)).toHaveProperty('metadata', {});
});

it.each([
  ['metadata.a', { metadata: { a: 1 } }],
  ['metadata', { metadata: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`k${n}`, ''])) }],
  ['metadata.a', { metadata: { a: 'x'.repeat(1025) } }],
  ['metadata', { metadata: JSON.parse('{"__proto__":"a"}') }],
  ['description', { description: 'x'.repeat(1001) }],
])('%s is refused beyond its limit', async (path, fields) => {
  const { id } = await server.addHook(url);
  for (const call of ['POST /v1/webhooks', `PATCH /v1/webhooks/${id}`] as const) {
    const { status, body } = await server.api(call, { url, events: ['*'], ...fields });
    expect([status, body.error?.issues?.[0]?.path]).toEqual([422, path]);
  }
});

it('the next event uses the changed hook', async () => {
  await using receiver = await startReceiver();
  const { id } = await server.addHook(`${receiver.origin}/old`, { events: ['a'] });
  await server.api(`PATCH /v1/webhooks/${id}`, { url: `${receiver.origin}/new`, events: ['b'] });
  expect((await server.send({ type: 'a' })).deliveries).toBe(0);
  expect((await server.send({ type: 'b' })).deliveries).toBe(1);
  expect((await receiver.next()).path).toBe('/new');
});

it('activate and deactivate switch between active and paused; a paused hook holds its deliveries', async () => {
  await using receiver = await startReceiver();
  const { id } = await server.addHook(receiver.origin);
  const paused = await server.api(`POST /v1/webhooks/${id}/deactivate`);
  expect(paused.body).toMatchObject({ status: 'paused', active: false });
  await server.send();
  const { body } = await server.api(`GET /v1/webhooks/${id}/deliveries`);
  expect(body.data).toMatchObject([{ status: 'held', attempt_count: 0 }]);
  const active = await server.api(`POST /v1/webhooks/${id}/activate`);
  expect(active.body).toMatchObject({ status: 'active', active: true });
  const by_patch = await server.api(`PATCH /v1/webhooks/${id}`, { active: false });
  expect(by_patch.body).toMatchObject({ status: 'paused', active: false });
  expect(receiver.calls).toHaveLength(0);
});

it('a deleted hook is gone, its pending deliveries are canceled, and it gets no further events', async () => {
  await using receiver = await startReceiver(() => ({ status: 500 }));
  const { id } = await server.addHook(receiver.origin);
  await server.send();
  await receiver.next();
  const [delivery] = await server.deliveries('');
  await server.deliveryIn(delivery!.id, 'pending');
  const { status, text } = await server.api(`DELETE /v1/webhooks/${id}`);
  expect([status, text]).toEqual([204, '']);
  expect((await server.api(`DELETE /v1/webhooks/${id}`)).status).toBe(404);
  expect((await server.api(`GET /v1/webhooks/${id}`)).status).toBe(404);
  expect((await server.api(`PATCH /v1/webhooks/${id}`, { name: 'x' })).status).toBe(404);
  expect((await server.api(`POST /v1/webhooks/${id}/ping`)).status).toBe(404);
  expect((await server.api('GET /v1/webhooks')).body.data).toEqual([]);
  const { body } = await server.api(`GET /v1/deliveries/${delivery!.id}`);
  expect(body).toMatchObject({ status: 'canceled', next_attempt_at: null });
  expect((await server.send()).deliveries).toBe(0);
});

describe('test sends', () => {
  const an_id = expect.stringMatching(/^dlv_[0-9a-z]{26}$/) as string;
  const tested = { success: true, message: 'Test webhook sent', delivery_id: an_id };

  it('both routes answer exactly as documented, without a body or a content type', async () => {
    await using receiver = await startReceiver();
    const { id } = await server.addHook(receiver.origin, { events: ['order.*', 'order.paid', 'b'] });
    const by_path = await server.api(`POST /v1/webhooks/${id}/test`);
    expect([by_path.status, by_path.body]).toMatchObject([200, tested]);
    for (const name of ['webhook_id', 'hook_id']) {
      const input = { [name]: id, event_type: 'b', data: { c: 1 } };
      const by_body = await server.api('POST /v1/webhooks/test', input);
      expect([by_body.status, by_body.body]).toMatchObject([200, tested]);
    }
    const by_query = await server.api(`POST /v1/webhooks/test?webhook_id=${id}&event_type=b`);
    expect(by_query.status).toBe(200);
    const calls = [await receiver.next(), await receiver.next()];
    expect(calls.map(({ body }) => JSON.parse(body.toString()) as object)).toMatchObject([
      { type: 'order.paid', data: {} },
      { type: 'b', data: { c: 1 } },
    ]);
    const delivery = await server.deliveryIn(by_path.body.delivery_id, 'succeeded');
    expect(delivery).toMatchObject({ trigger: 'test', hook_id: id });
  });

  it('a test sends the example of its type from the catalog', async () => {
    await using receiver = await startReceiver();
    const { id } = await server.addHook(receiver.origin, { events: ['a', 'b'] });
    await server.api('PUT /v1/event-types/b', { example: { order: { id: 7 } } });
    await server.api(`POST /v1/webhooks/${id}/test`);
    const { body } = await receiver.next();
    expect(JSON.parse(body.toString())).toMatchObject({ type: 'b', data: { order: { id: 7 } } });
  });

  it('a ping is sent once, even to a paused hook, and its failure does not count', async () => {
    await using receiver = await startReceiver(() => ({ status: 500 }));
    const { id } = await server.addHook(receiver.origin, { active: false, events: ['a'] });
    const pinged = await server.api(`POST /v1/webhooks/${id}/ping`);
    expect([pinged.status, pinged.body]).toMatchObject([
      200,
      {
        success: false,
        message: 'The receiver responded with status 500.',
        delivery_id: an_id,
        outcome: 'http_status',
        response_status: 500,
        attempt: { number: 1, trigger: 'ping' },
      },
    ]);
    const call = await receiver.next();
    expect(JSON.parse(call.body.toString())).toMatchObject({ type: 'ping', data: {} });
    const delivery = await server.deliveryIn(pinged.body.delivery_id, 'failed');
    expect(delivery).toMatchObject({ failure_reason: 'single_attempt', attempt_count: 1, trigger: 'ping' });
    expect(await shown(id)).toMatchObject({ consecutive_failures: 0, status: 'paused' });
  });
});

it('an event that names its hooks reaches only those that subscribe to it', async () => {
  const ids: string[] = [];
  for (const type of ['a', 'a', 'b']) {
    ids.push((await server.addHook(url, { events: [type], active: false })).id);
  }
  const { id, deliveries } = await server.send({ type: 'a', hook_ids: [ids[1], ids[2]] });
  const listed = await server.deliveries(`event_id=${id}`);
  expect(deliveries).toBe(listed.length);
  expect(listed.map(({ hook_id }) => hook_id)).toContain(ids[1]);
  expect(listed.map(({ hook_id }) => hook_id)).not.toContain(ids[0]);
});

it('concurrent creates number the hooks without duplicates', async () => {
  const created = await Promise.all(Array.from({ length: 10 }, () => server.addHook(url)));
  const numbers = new Set(created.map((hook) => (hook as { number?: number }).number));
  expect(numbers.size).toBe(10);
  for (const number of numbers) expect(Number.isInteger(number)).toBe(true);
});

it('both test routes need neither a body nor a content type', async () => {
  await using receiver = await startReceiver();
  const { id } = await server.addHook(receiver.origin);
  for (const call of [`POST /v1/webhooks/${id}/test`, `POST /v1/webhooks/test?webhook_id=${id}`] as const) {
    const { status, text, body } = await server.api(call);
    expect([call, status], text).toEqual([call, 200]);
    expect(body).toMatchObject({ success: true });
  }
  const nameless = await server.api('POST /v1/webhooks/test');
  expect([nameless.status, nameless.body.error.issues?.[0]?.path]).toEqual([422, 'hook_id']);
});
