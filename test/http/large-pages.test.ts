import { expect, it } from 'vitest';
import { type AnswerBody, keepForFile, type ServerView, startServer } from '../support/running-server.ts';
import { startReceiver } from '../support/receiver.ts';

const MIB = 1024 * 1024;

const server = await keepForFile(startServer());
const text = 'x'.repeat(850_000);

/** Every row of a list, page by page, with the sizes of the answers in bytes. */
const walk = async (view: ServerView, path: `/${string}`) => {
  const pages: (readonly AnswerBody[])[] = [];
  const bytes: number[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { status, body, text: answer } = await view.api(`GET /v1${path}${cursor}`);
    expect(status, answer.slice(0, 500)).toBe(200);
    pages.push(body.data);
    bytes.push(Buffer.byteLength(answer));
    cursor = body.next_cursor === null ? null : `&cursor=${encodeURIComponent(body.next_cursor)}`;
  }
  return { pages, rows: pages.flat(), largest: Math.max(...bytes) };
};

const sendLarge = async (view: ServerView, count: number): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push((await view.send({ data: { n, text } })).id);
  return ids.toReversed();
};

it('a list of large events has no data unless it is included', async () => {
  const view = await server.newWorkspace();
  const ids = await sendLarge(view, 3);
  const { rows, largest } = await walk(view, '/events?limit=1000');
  expect(rows.map(({ id }) => id)).toEqual(ids);
  for (const row of rows) {
    expect(row).not.toHaveProperty('data');
    expect(row).not.toHaveProperty('previous_data');
  }
  expect(largest).toBeLessThan(10_000);
});

it('a page of events with data ends at 4 MiB, and the pages have every event once', async () => {
  const view = await server.newWorkspace();
  const ids = await sendLarge(view, 11);
  const { pages, rows, largest } = await walk(view, '/events?limit=1000&include=data');
  expect(largest).toBeLessThan(4 * MIB + 10_000);
  expect(rows.map(({ id }) => id)).toEqual(ids);
  expect(rows.map(({ data }) => data)).toEqual(ids.map((_, n) => ({ n: 10 - n, text })));
  expect(pages.map((page) => page.length)).toEqual([4, 4, 3]);
});

it('an event and a list with data have the values that were sent', async () => {
  const sent = '{"b":1.50,"a":"\\u00e9\\n","e":1e2,"list":[ ],"proto":{"__proto__":1}}';
  const { body } = await server.api('POST /v1/events', `{"type":"a","data":${sent}}`, {
    headers: { 'content-type': 'application/json' },
  });
  const { body: one, headers } = await server.api(`GET /v1/events/${body.id}`);
  expect(headers['content-type']).toBe('application/json');
  const { body: list } = await server.api('GET /v1/events?limit=1&include=data');
  const typed = await server.bellwire.events.get(body.id);
  for (const { data } of [one, list.data[0]!, typed]) expect(data).toEqual(JSON.parse(sent));
});

it('a delivery has its latest attempts up to 4 MiB, and a list has them all', async () => {
  await using receiver = await startReceiver();
  const view = await server.newWorkspace();
  const hook = await view.addHook(receiver.origin);
  await view.send({ data: { text } });
  const [{ id } = { id: '' }] = await view.deliveries(`hook_id=${hook.id}`);
  await view.deliveryIn(id, 'succeeded');
  for (let n = 0; n < 9; n += 1) {
    expect((await view.api(`POST /v1/deliveries/${id}/retry`)).body).toMatchObject({ success: true });
  }
  const { body, text: answer } = await view.api(`GET /v1/deliveries/${id}`);
  expect(body.attempt_count).toBe(10);
  expect(Buffer.byteLength(answer)).toBeLessThan(4 * MIB + 50_000);
  expect(body.attempts.map(({ number }) => number)).toEqual([7, 8, 9, 10]);
  const { rows, largest } = await walk(view, `/deliveries/${id}/attempts?limit=1000`);
  expect(largest).toBeLessThan(4 * MIB + 50_000);
  expect(rows).toMatchObject([10, 9, 8, 7, 6, 5, 4, 3, 2, 1].map((number) => ({ number })));
});
