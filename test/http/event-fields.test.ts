import { beforeEach, expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { type AnswerBody, keepForFile, type ServerView, startServer } from '../support/running-server.ts';

const shared = await keepForFile(startServer());
let server: ServerView;
beforeEach(async () => {
  server = await shared.newWorkspace();
});

const send = (fields: object) =>
  server.api('POST /v1/events', { type: 'order.created', data: { id: 1 }, ...fields });
const list = async (query: string): Promise<readonly AnswerBody[]> => {
  const { status, body, text } = await server.api(`GET /v1/events?${query}`);
  expect(status, text).toBe(200);
  return body.data;
};
const idsIn = async (query: string) => (await list(query)).map(({ id }) => id);

it('an event is found by its metadata, shown with it, and sent without it', async () => {
  await using receiver = await startReceiver();
  await server.addHook(receiver.origin);
  const metadata = { order_id: 'ord 42&=[]', region: 'eu' };
  const { id } = (await send({ metadata })).body;
  const { headers, body } = await receiver.next();
  expect(JSON.stringify(headers) + String(body)).not.toMatch(/region|ord 42/);
  await send({ metadata: { region: 'eu' } });
  await send({});
  const order = `metadata[order_id]=${encodeURIComponent(metadata.order_id)}`;
  expect(await list(order)).toMatchObject([{ id, metadata }]);
  expect(await idsIn(`${order}&metadata[region]=eu&type=order.created`)).toEqual([id]);
  expect(await idsIn('metadata%5Bregion%5D=eu&limit=1')).toHaveLength(1);
  expect(await idsIn(`${order}&metadata[region]=us`)).toEqual([]);
  expect((await server.api(`GET /v1/events/${id}`)).body).toMatchObject({ metadata });
});

it('an event without metadata shows an empty map', async () => {
  for (const fields of [{}, { metadata: {} }]) {
    const { id } = (await send(fields)).body;
    expect((await server.api(`GET /v1/events/${id}`)).body).toHaveProperty('metadata', {});
  }
});

it('a key that is repeated with other metadata is a conflict; events are listed by their key', async () => {
  const key = { idempotency_key: 'order 42' };
  const first = await send({ ...key, metadata: { order_id: '42' } });
  const again = await send({ ...key, metadata: { order_id: '42' } });
  expect(again.body.id).toBe(first.body.id);
  for (const metadata of [{ order_id: '43' }, { order_id: '42', region: 'eu' }, undefined]) {
    const { status, body } = await send({ ...key, metadata });
    expect([status, body.error.code]).toEqual([409, 'idempotency_conflict']);
  }
  const other = await send({ ...key, tenant: 'cus_1' });
  expect(await idsIn('idempotency_key=order%2042')).toEqual([other.body.id, first.body.id]);
  expect(await idsIn('idempotency_key=order%2042&tenant=cus_1')).toEqual([other.body.id]);
  expect(await idsIn('idempotency_key=order')).toEqual([]);
});

it('each event of a batch has its own metadata', async () => {
  const events = ['1', '2'].map((order_id) => ({ type: 'a', data: {}, metadata: { order_id } }));
  const { body } = await server.api('POST /v1/events/batch', { events });
  const { results } = body as unknown as { readonly results: readonly { readonly event: AnswerBody }[] };
  expect(await idsIn('metadata[order_id]=2')).toEqual([results[1]!.event.id]);
});

it('the filter pages like any list', async () => {
  const sent = [];
  for (let n = 0; n < 5; n += 1) sent.push((await send({ metadata: { region: 'eu' } })).body.id);
  const found = [];
  for (let cursor = ''; ;) {
    const { body } = await server.api(`GET /v1/events?metadata[region]=eu&limit=2${cursor}`);
    found.push(...body.data.map(({ id }) => id));
    if (body.next_cursor === null) break;
    cursor = `&cursor=${body.next_cursor}`;
  }
  expect(found).toEqual(sent.toReversed());
});

it('deliver_at delays an event; it is shown on the receipt and on the event', async () => {
  await server.addHook('https://receiver.example.com/');
  const at = Date.now() + 3_600_000;
  const time = new Date(at).toISOString();
  const in_berlin = new Date(at + 3_600_000).toISOString().replace('Z', '+01:00');
  const { body } = await send({ deliver_at: in_berlin });
  expect(body).toMatchObject({ deliver_at: time, deliveries: 1 });
  expect((await server.api(`GET /v1/events/${body.id}`)).body).toMatchObject({ deliver_at: time });
  const [delivery] = await server.deliveries(`event_id=${body.id}`);
  expect(delivery).toMatchObject({ status: 'pending', attempt_count: 0, next_attempt_at: time });
  expect((await send({})).body).toMatchObject({ deliver_at: null });
  const events = [{ type: 'a', data: {}, deliver_at: time }];
  const batch = await server.api('POST /v1/events/batch', { events });
  expect(batch.body).toMatchObject({ results: [{ ok: true, event: { deliver_at: time } }] });
});

it.each(['2026-11-21T10:30:00', '2026-02-30T10:30:00Z', '2999-01-01T00:00:00Z', 1, ''])(
  'deliver_at is refused: %j',
  async (deliver_at) => {
    const { status, body } = await send({ deliver_at });
    expect([status, body.error.issues?.[0]?.path]).toEqual([422, 'deliver_at']);
  },
);

const six = Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`k${n}`, 'v']));

it.each([
  ['metadata', { metadata: six }],
  ['metadata.a', { metadata: { a: 1 } }],
  ['metadata.a', { metadata: { a: 'x'.repeat(257) } }],
  ['metadata.', { metadata: { '': 'a' } }],
  ['metadata', { metadata: ['a'] }],
  ['metadata', { metadata: JSON.parse('{"__proto__":"a"}') }],
])('metadata beyond its limits is refused at %s: %j', async (path, fields) => {
  const { status, body } = await send(fields);
  expect([status, body.error.issues?.[0]?.path]).toEqual([422, path]);
});

it.each([
  ['metadata=a', 'metadata'],
  ['metadata[a]=1&metadata[a]=2', 'metadata[a]'],
  ['metadata=a&metadata[a]=1', 'metadata'],
  ['metadata[]=1', 'metadata.'],
  ['metadata[__proto__]=1', 'metadata'],
  ['type[a]=1', 'type[a]'],
])('the query %s is refused', async (query, path) => {
  const { status, body } = await server.api(`GET /v1/events?${query}`);
  expect([status, body.error.issues?.[0]?.path]).toEqual([422, path]);
});
