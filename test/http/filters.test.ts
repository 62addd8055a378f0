import { beforeEach, expect, it } from 'vitest';
import { openPortal } from '../support/portal.ts';
import { keepForFile, type ServerView, startServer } from '../support/running-server.ts';

const url = 'https://receiver.example.com/in';
const ORDER = {
  type: 'object',
  properties: {
    order: {
      type: 'object',
      properties: { total: { type: 'number' }, status: { type: 'string' } },
    },
  },
};
const TYPO = 'order.totl is not in the schema of order.created; did you mean order.total?';

const shared = await keepForFile(startServer());
let server: ServerView;
beforeEach(async () => {
  server = await shared.newWorkspace();
});

const putSchema = (type: string, schema: object) => server.api(`PUT /v1/event-types/${type}`, { schema });

const create = (filter: string | null, events: readonly string[] = ['order.created'], fields = {}) =>
  server.api('POST /v1/webhooks', { url, events, filter, ...fields });

const order = (total: number, fields = {}) => ({
  type: 'order.created',
  data: { order: { total } },
  ...fields,
});

it('a hook keeps its filter, which can be changed and removed', async () => {
  const { status, body } = await create('order.total >= 100');
  expect([status, body]).toEqual([201, expect.objectContaining({ filter: 'order.total >= 100' })]);
  const change = async (patch: object) => (await server.api(`PATCH /v1/webhooks/${body.id}`, patch)).body;
  expect(await change({ name: 'x' })).toMatchObject({ filter: 'order.total >= 100' });
  expect(await change({ filter: 'order.total < 5' })).toMatchObject({ filter: 'order.total < 5' });
  expect(await change({ filter: null })).toMatchObject({ filter: null });
});

it('a filter that is not valid is refused with its place', async () => {
  const { status, body } = await create('order.total = 100');
  const message = '= is not part of the filter language; write == to compare (character 13)';
  expect(status).toBe(422);
  expect(body.error).toMatchObject({ code: 'invalid_input', issues: [{ path: 'filter', message }] });
  expect((await create(`a == "${'é'.repeat(600)}"`)).body.error.message).toContain('longer than 1024 bytes');
});

it('a field that is in no schema of the event types is refused, with the field that is probably meant', async () => {
  await putSchema('order.created', ORDER);
  const { status, body } = await create('order.totl >= 100');
  expect([status, body.error.message]).toEqual([422, `filter: ${TYPO}`]);
  const { id } = (await create('order.total >= 100')).body;
  expect((await server.api(`PATCH /v1/webhooks/${id}`, { filter: 'order.totl > 1' })).status).toBe(422);
  await putSchema('invoice.paid', { type: 'object', properties: { amount: { type: 'number' } } });
  const moved = await server.api(`PATCH /v1/webhooks/${id}`, { events: ['invoice.paid'] });
  expect(moved.body.error.message).toContain('order.total is not in the schema of invoice.paid');
});

it('a field that is in some of the schemas is accepted with a warning', async () => {
  await putSchema('order.created', ORDER);
  await putSchema('order.deleted', { type: 'object', properties: { id: {} } });
  const warning = {
    code: 'filter_field_unknown',
    message: 'order.total is not in the schema of order.deleted.',
  };
  for (const events of [['order.*'], ['*'], ['order.created', 'order.deleted']]) {
    const { status, body } = await create('order.total >= 100', events);
    const { warnings } = body as unknown as { readonly warnings: readonly unknown[] };
    expect([status, warnings]).toEqual([201, expect.arrayContaining([warning])]);
  }
  await server.api('PUT /v1/event-types/without.schema', {});
  for (const other of ['unknown', 'without.schema', 'bellwire.hook.disabled']) {
    const { status, body } = await create('order.totl >= 100', ['order.created', other]);
    expect([status, JSON.stringify(body)]).toEqual([201, expect.stringContaining(TYPO)]);
  }
});

it('the answer to an event counts the hooks that filtered it, alone, in a batch and repeated', async () => {
  await create('order.total >= 100');
  await create(null);
  const send = (body: object) => server.api('POST /v1/events', body);
  expect((await send(order(100))).body).toMatchObject({ deliveries: 2, filtered: 0 });
  const repeated = order(99, { idempotency_key: 'one' });
  const first = (await send(repeated)).body;
  expect(first).toMatchObject({ deliveries: 1, filtered: 1 });
  expect((await send(repeated)).body).toEqual(first);
  expect((await server.api(`GET /v1/events/${first.id}`)).body).toMatchObject({ filtered: 1 });
  const { body } = await server.api('POST /v1/events/batch', { events: [order(1), order(100)] });
  expect(body).toMatchObject({
    results: [{ event: { deliveries: 1, filtered: 1 } }, { event: { deliveries: 2, filtered: 0 } }],
  });
});

interface Preview {
  readonly issues: readonly { readonly path: string; readonly message: string }[];
  readonly warnings: readonly unknown[];
  readonly matched: number;
  readonly events: readonly { readonly event_id: string; readonly result: string }[];
  readonly truncated: boolean;
}

const preview = async (body: object, key?: string): Promise<Preview> => {
  const options = key === undefined ? {} : { key };
  const answer = await server.api('POST /v1/webhooks/try-filter', body, options);
  expect(answer.status).toBe(200);
  return answer.body as unknown as Preview;
};

it('a preview shows which of the last events a filter matches, newest first', async () => {
  const ids: string[] = [];
  for (const total of [1, 200, 3, 400]) ids.push((await server.send(order(total))).id);
  await server.send({ type: 'invoice.paid', data: { order: { total: 900 } } });
  await server.send(order(900, { tenant: 'cus_1' }));
  const found = await preview({ filter: 'order.total >= 100', events: ['order.*'], limit: 3 });
  const [, second, third, fourth] = ids;
  expect(found).toMatchObject({ issues: [], matched: 2, truncated: false });
  expect(found.events.map(({ event_id, result }) => [event_id, result])).toEqual([
    [fourth, 'match'],
    [third, 'no_match'],
    [second, 'match'],
  ]);
  const events = ['*'];
  expect((await preview({ filter: '$tenant == "cus_1"', events, tenant: '*' })).events).toHaveLength(6);
  expect((await preview({ filter: 'order.total > 1', events, tenant: 'cus_1' })).matched).toBe(1);
});

it('a preview ends before its events have more than 4 MiB of data', async () => {
  const note = 'x'.repeat(900_000);
  for (let count = 0; count < 6; count += 1) await server.send({ type: 'order.created', data: { note } });
  const found = await preview({ filter: 'exists note', events: ['order.created'] });
  expect([found.events.length, found.truncated]).toEqual([4, true]);
});

it('a preview of a filter that a hook could not have shows why', async () => {
  await server.send(order(1));
  await putSchema('order.created', ORDER);
  const events = ['order.created'];
  expect(await preview({ filter: 'order.totl > 1', events })).toMatchObject({
    issues: [{ path: 'filter', message: TYPO }],
    events: [{ result: 'no_match' }],
  });
  expect(await preview({ filter: 'order.', events })).toMatchObject({ events: [], matched: 0 });
});

it('customers set and try filters on their own events, but not on metadata that they cannot see', async () => {
  await server.send(order(500));
  await server.send(order(500, { tenant: 'cus_2' }));
  const own = await server.send(order(500, { tenant: 'cus_1', metadata: { margin: 'low' } }));
  const key = await openPortal(server.api, 'cus_1');
  const found = await preview({ filter: 'order.total > 1', events: ['*'] }, key);
  expect(found.events.map(({ event_id }) => event_id)).toEqual([own.id]);
  const post = (path: 'webhooks' | 'webhooks/try-filter', fields: object) =>
    server.api(`POST /v1/${path}`, { events: ['*'], ...fields }, { key });
  const hook = await post('webhooks', { url, filter: 'order.total > 1' });
  expect([hook.status, hook.body]).toEqual([201, expect.objectContaining({ filter: 'order.total > 1' })]);
  const filter = '$metadata.margin == "low"';
  expect((await post('webhooks', { url, filter })).status).toBe(403);
  expect((await post('webhooks/try-filter', { filter })).status).toBe(403);
  const patch = await server.api(`PATCH /v1/webhooks/${hook.body.id}`, { filter }, { key });
  expect(patch.status).toBe(403);
});
