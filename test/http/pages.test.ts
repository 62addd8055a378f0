import { describe, expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { type AnswerBody, type Api, type RunningServer, startServer } from '../support/running-server.ts';

const url = 'https://receiver.example.com/in';

const send = (api: Api, type = 'a') => api('POST /v1/events', { type, data: {} });
const times = <T>(count: number, make: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => make(n)));

/** Follows the cursors of a list to its end; `between` runs after every page. */
const readAll = async (
  api: Api,
  path: `/${string}`,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<readonly AnswerBody[]> => {
  const rows: AnswerBody[] = [];
  let cursor = '';
  for (;;) {
    const { status, body, text } = await api(`GET ${path}${cursor}`);
    expect(status, text).toBe(200);
    rows.push(...body.data);
    if (body.next_cursor === null) return rows;
    cursor = `&cursor=${encodeURIComponent(body.next_cursor)}`;
    await between();
  }
};

const idsOf = (rows: readonly AnswerBody[]): readonly string[] => rows.map(({ id, name }) => id ?? name);

/** One paused hook and 30 events that are held for it. */
const withEvents = async (server: RunningServer): Promise<readonly string[]> => {
  await server.addHook(url, { active: false });
  const sent = await times(30, () => send(server.api));
  return sent.map(({ body }) => body.id);
};

describe('pages have no gap and no duplicate while more is added:', () => {
  it.each([1, 7, 29, 30, 31])('events, %i a page', async (limit) => {
    await using server = await startServer();
    const ids = await withEvents(server);
    const rows = idsOf(
      await readAll(server.api, `/v1/events?limit=${limit}`, () => times(3, () => send(server.api))),
    );
    expect(rows).toEqual(ids.toSorted().toReversed());
  });

  it('deliveries', async () => {
    await using server = await startServer();
    const ids = await withEvents(server);
    const rows = await readAll(server.api, '/v1/deliveries?limit=4', () => times(5, () => send(server.api)));
    expect(new Set(idsOf(rows)).size).toBe(30);
    const of_events = rows.map((row) => String((row as { event_id?: string }).event_id));
    expect(new Set(of_events)).toEqual(new Set(ids));
    expect(idsOf(rows)).toEqual(idsOf(rows).toSorted().toReversed());
  });

  it('hooks, also while others are deleted', async () => {
    await using server = await startServer();
    const made = await times(12, () => server.addHook(url));
    const extra = await server.addHook(url);
    const rows = await readAll(server.api, '/v1/webhooks?limit=5', async () => {
      await server.addHook(url);
      await server.api(`DELETE /v1/webhooks/${extra.id}`);
    });
    expect(idsOf(rows).filter((id) => id !== extra.id)).toEqual(idsOf(made).toSorted().toReversed());
  });

  it('event types, by name', async () => {
    await using server = await startServer();
    await times(9, (n) => server.api(`PUT /v1/event-types/t${n}`));
    const rows = await readAll(server.api, '/v1/event-types?limit=2');
    expect(idsOf(rows)).toEqual(['t0', 't1', 't2', 't3', 't4', 't5', 't6', 't7', 't8']);
  });

  it('a page holds 100 rows unless said otherwise', async () => {
    await using server = await startServer();
    await times(101, () => send(server.api));
    const { body } = await server.api('GET /v1/events');
    expect(body.data).toHaveLength(100);
    expect(body.next_cursor).not.toBeNull();
    expect((await server.api('GET /v1/events?limit=1000')).body).toMatchObject({ next_cursor: null });
  });
});

describe('the filters of deliveries', () => {
  it('by status, hook, event and type find exactly what they name, alone and together', async () => {
    await using server = await startServer();
    await using receiver = await startReceiver((call) => ({ status: call.path === '/bad' ? 500 : 200 }));
    const { api } = server;
    const good = await server.addHook(`${receiver.origin}/good`, { events: ['a', 'b'] });
    const bad = await server.addHook(`${receiver.origin}/bad`, { events: ['b'], max_attempts: 1 });
    const paused = await server.addHook(url, { active: false });
    const events = [await send(api, 'a'), await send(api, 'b')] as const;
    const all = await readAll(api, '/v1/deliveries?limit=10');
    expect(all).toHaveLength(5);
    for (const { id } of all) await server.deliveryIn(id, 'succeeded', 'failed', 'held');
    const count = async (query: string): Promise<number> =>
      (await readAll(api, `/v1/deliveries?${query}`)).length;
    expect(await count('status=succeeded')).toBe(2);
    expect(await count('status=failed')).toBe(1);
    expect(await count('status=held')).toBe(2);
    expect(await count('status=pending')).toBe(0);
    expect(await count(`hook_id=${good.id}`)).toBe(2);
    expect(await count(`webhook_id=${bad.id}`)).toBe(1);
    expect(await count(`event_id=${events[1].body.id}`)).toBe(3);
    expect(await count('event_type=a')).toBe(2);
    expect(await count(`event_type=b&status=held&hook_id=${paused.id}`)).toBe(1);
    expect(await count(`event_type=a&hook_id=${bad.id}`)).toBe(0);
    const of_hook = await api(`GET /v1/webhooks/${good.id}/deliveries?event_type=a`);
    expect(of_hook.body.data).toMatchObject([{ hook_id: good.id, event_type: 'a', status: 'succeeded' }]);
    expect((await readAll(api, '/v1/deliveries?status=held&limit=1')).length).toBe(2);
  });

  it('since takes what was made at that moment or later, in any time zone', async () => {
    await using server = await startServer();
    await server.addHook(url, { active: false });
    await send(server.api);
    const [first] = (await server.api('GET /v1/deliveries')).body.data as unknown as [{ created_at: string }];
    const made = Date.parse(first.created_at);
    const count = async (since: string): Promise<number> =>
      (await server.api(`GET /v1/deliveries?since=${encodeURIComponent(since)}`)).body.data.length;
    expect(await count(first.created_at)).toBe(1);
    expect(await count(new Date(made + 1).toISOString())).toBe(0);
    expect(await count(new Date(made - 1).toISOString())).toBe(1);
    const in_india = new Date(made + 5.5 * 3_600_000).toISOString().replace('Z', '+05:30');
    expect(await count(in_india)).toBe(1);
  });

  it('events are filtered by their type', async () => {
    await using server = await startServer();
    await times(4, (n) => send(server.api, n % 2 === 0 ? 'even' : 'odd'));
    const { body } = await server.api('GET /v1/events?type=even');
    expect(body.data).toMatchObject([{ type: 'even' }, { type: 'even' }]);
  });
});

it('/v1 and /api/v1 are the same routes', async () => {
  await using server = await startServer();
  const [event_id] = await withEvents(server);
  const [hook] = (await server.api('GET /api/v1/webhooks')).body.data;
  const paths = [
    '/webhooks',
    `/webhooks/${hook!.id}`,
    '/events?limit=3',
    `/events/${event_id}`,
    '/deliveries?status=held&limit=2',
    '/event-types',
    '/workspaces',
    '/api-keys',
    '/webhooks/wh_nobody',
    '/events?limit=0',
  ];
  for (const path of paths) {
    const [one, other] = [await server.api(`GET /v1${path}`), await server.api(`GET /api/v1${path}`)];
    expect([one.status, one.text]).toEqual([other.status, other.text]);
  }
  const made = await server.api('POST /api/v1/webhooks', { target_url: url, events: ['*'] });
  expect(made.status).toBe(201);
  expect((await server.api(`DELETE /v1/webhooks/${made.body.id}`)).status).toBe(204);
});
