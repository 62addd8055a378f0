import { beforeEach, describe, expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { type AnswerBody, keepForFile, type ServerView, startServer } from '../support/running-server.ts';

const url = 'https://receiver.example.com/in';

const shared = await keepForFile(startServer());
let server: ServerView;
beforeEach(async () => {
  server = await shared.newWorkspace();
});

const times = <T>(count: number, create: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => create(n)));
const send = (count: number) => times(count, () => server.send());

/** Follows the cursors of a list to its end; `between` runs after every page. */
const readAll = async (path: `/${string}`, between?: () => Promise<unknown>) => {
  const rows: AnswerBody[] = [];
  for (let cursor = ''; ;) {
    const { status, body, text } = await server.api(`GET /v1${path}${cursor}`);
    expect(status, text).toBe(200);
    rows.push(...body.data);
    if (body.next_cursor === null) return rows;
    cursor = `&cursor=${encodeURIComponent(body.next_cursor)}`;
    await between?.();
  }
};

const idsOf = (rows: readonly AnswerBody[]): readonly string[] => rows.map(({ id, name }) => id ?? name);
const newestFirst = (ids: readonly string[]) => ids.toSorted().toReversed();

/** The ids of 30 events that are held for a paused hook. */
const addEvents = async (): Promise<readonly string[]> => {
  await server.addHook(url, { active: false });
  return idsOf(await send(30));
};

describe('pages have no gap and no duplicate while rows are added:', () => {
  it.each([1, 7, 29, 30, 31])('events, %i per page', async (limit) => {
    const ids = await addEvents();
    const rows = await readAll(`/events?limit=${limit}`, () => send(3));
    expect(idsOf(rows)).toEqual(newestFirst(ids));
  });

  it('deliveries', async () => {
    const ids = await addEvents();
    const rows = await readAll('/deliveries?limit=4', () => send(5));
    expect(new Set(idsOf(rows)).size).toBe(30);
    expect(new Set(rows.map(({ event_id }) => event_id))).toEqual(new Set(ids));
    expect(idsOf(rows)).toEqual(newestFirst(idsOf(rows)));
  });

  it('hooks, also while others are deleted', async () => {
    const hooks = await times(12, () => server.addHook(url));
    const extra = await server.addHook(url);
    const rows = await readAll('/webhooks?limit=5', async () => {
      await server.addHook(url);
      await server.api(`DELETE /v1/webhooks/${extra.id}`);
    });
    expect(idsOf(rows).filter((id) => id !== extra.id)).toEqual(newestFirst(idsOf(hooks)));
  });

  it('event types, by name', async () => {
    const names = ['t0', 't1', 't2', 't3', 't4', 't5', 't6', 't7', 't8'];
    await Promise.all(names.map((name) => server.api(`PUT /v1/event-types/${name}`)));
    expect(idsOf(await readAll('/event-types?limit=2'))).toEqual(names);
  });
});

it('a page holds 100 rows by default', async () => {
  await send(101);
  const { body } = await server.api('GET /v1/events');
  expect(body.data).toHaveLength(100);
  expect(body.next_cursor).not.toBeNull();
  expect((await server.api('GET /v1/events?limit=1000')).body).toMatchObject({ next_cursor: null });
});

describe('the filters of deliveries', () => {
  it('by status, hook, event and type find exactly the matching ones, alone and together', async () => {
    await using receiver = await startReceiver((call) => ({ status: call.path === '/bad' ? 500 : 200 }));
    const good = await server.addHook(`${receiver.origin}/good`, { events: ['a', 'b'] });
    const bad = await server.addHook(`${receiver.origin}/bad`, { events: ['b'], max_attempts: 1 });
    const paused = await server.addHook(url, { active: false });
    await server.send({ type: 'a' });
    const event = await server.send({ type: 'b' });
    const all = await readAll('/deliveries?limit=10');
    expect(all).toHaveLength(5);
    for (const { id } of all) await server.deliveryIn(id, 'succeeded', 'failed', 'held');
    const counts: Readonly<Record<string, number>> = {
      'status=succeeded': 2,
      'status=failed': 1,
      'status=held': 2,
      'status=held&limit=1': 2,
      'status=pending': 0,
      [`hook_id=${good.id}`]: 2,
      [`webhook_id=${bad.id}`]: 1,
      [`event_id=${event.id}`]: 3,
      'event_type=a': 2,
      [`event_type=b&status=held&hook_id=${paused.id}`]: 1,
      [`event_type=a&hook_id=${bad.id}`]: 0,
    };
    for (const [query, count] of Object.entries(counts)) {
      expect(await readAll(`/deliveries?${query}`), query).toHaveLength(count);
    }
    const of_hook = await server.api(`GET /v1/webhooks/${good.id}/deliveries?event_type=a`);
    expect(of_hook.body.data).toMatchObject([{ hook_id: good.id, event_type: 'a', status: 'succeeded' }]);
  });

  it('since includes the deliveries of that very millisecond, in any time zone', async () => {
    await server.addHook(url, { active: false });
    await server.send();
    const { created_at } = (await server.deliveries(''))[0]!;
    const created = Date.parse(created_at);
    const count = async (since: string) =>
      (await server.deliveries(`since=${encodeURIComponent(since)}`)).length;
    expect(await count(created_at)).toBe(1);
    expect(await count(new Date(created + 1).toISOString())).toBe(0);
    expect(await count(new Date(created - 1).toISOString())).toBe(1);
    const in_india = new Date(created + 5.5 * 3_600_000).toISOString().replace('Z', '+05:30');
    expect(await count(in_india)).toBe(1);
  });
});

it('events are filtered by their type', async () => {
  await times(4, (n) => server.send({ type: n % 2 === 0 ? 'even' : 'odd' }));
  const { body } = await server.api('GET /v1/events?type=even');
  expect(body.data).toMatchObject([{ type: 'even' }, { type: 'even' }]);
});

it('/v1 and /api/v1 are the same routes', async () => {
  const [event_id] = await addEvents();
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
    '/webhooks/wh_unknown',
    '/events?limit=0',
  ];
  for (const path of paths) {
    const { status, text } = await server.api(`GET /v1${path}`);
    expect(await server.api(`GET /api/v1${path}`)).toMatchObject({ status, text });
  }
  const { status, body } = await server.api('POST /api/v1/webhooks', { target_url: url, events: ['*'] });
  expect(status).toBe(201);
  expect((await server.api(`DELETE /v1/webhooks/${body.id}`)).status).toBe(204);
});
