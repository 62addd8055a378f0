import { expect, test } from 'vitest';
import { keepForFile, startServer } from '../support/running-server.ts';
import { clientAt, startFront } from './faulty-front.ts';

const server = await keepForFile(startServer());

const collect = async <T>(items: AsyncIterable<T>): Promise<readonly T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};

test('a list is one page when awaited, and all pages when iterated', async () => {
  const { events } = clientAt(server.origin);
  await events.sendBatch(Array.from({ length: 25 }, (_, n) => ({ type: n < 5 ? 'a' : 'b', data: { n } })));

  const page = await events.list({ limit: 10 });
  expect(page.data).toHaveLength(10);
  const next = await events.list({ limit: 10, cursor: page.next_cursor! });
  const all = await collect(events.list({ limit: 10 }));
  expect(all.map(({ id }) => id).slice(0, 20)).toEqual([...page.data, ...next.data].map(({ id }) => id));
  expect(new Set(all.map(({ id }) => id)).size).toBe(25);
  expect(await collect(events.list({ limit: 2, type: 'a' }))).toHaveLength(5);
  expect(await collect(events.list({ limit: 10, cursor: page.next_cursor! }))).toHaveLength(15);
});

test('every noun with pages is listed in the same way', async () => {
  const bellwire = clientAt(server.origin);
  const hook = await bellwire.hooks.create({
    url: 'https://receiver.example.com/',
    events: ['*'],
    active: false,
  });
  await bellwire.hooks.rotateSecret(hook.id);
  await bellwire.events.send('order.created', {});
  await bellwire.eventTypes.put('order.created');
  await bellwire.apiKeys.create({ name: 'one' });
  const { hooks, events, deliveries, eventTypes, workspaces, apiKeys, audit } = bellwire;
  for (const noun of [hooks, events, deliveries, eventTypes, workspaces, apiKeys, audit]) {
    const page = await noun.list();
    expect(page.data.length).toBeGreaterThan(0);
    expect((await collect<unknown>(noun.list({ limit: 1 }))).length).toBe(page.data.length);
  }
});

test('a list sends no request before it is used, and none after the loop is left', async () => {
  await using front = await startFront(server.origin);
  const { events } = clientAt(front.origin);
  await events.sendBatch(Array.from({ length: 5 }, () => ({ type: 'a', data: {} })));
  const list = events.list({ limit: 1 });
  expect(front.calls).toHaveLength(1);
  for await (const event of list) {
    expect(event.type).toBe('a');
    break;
  }
  expect(front.calls).toHaveLength(2);
});

test('the error of a list is thrown where the list is used', async () => {
  const { events } = clientAt(server.origin);
  await expect(events.list({ cursor: 'invalid' })).rejects.toMatchObject({ code: 'invalid_cursor' });
  await expect(collect(events.list({ cursor: 'invalid' }))).rejects.toMatchObject({ code: 'invalid_cursor' });
});
