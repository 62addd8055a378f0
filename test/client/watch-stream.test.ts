import { expect, test } from 'vitest';
import { createClient } from '@bellwire/client';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, keepForFile, startServer } from '../support/running-server.ts';

const server = await keepForFile(startServer());

/** A client that counts its requests by path. */
const countingClient = (offers_stream = true) => {
  const counts = { stream: 0, reads: 0 };
  const client = createClient({
    url: server.origin,
    api_key: ADMIN_KEY,
    fetch: (url, init) => {
      const is_stream = url.includes('/v1/stream');
      counts[is_stream ? 'stream' : 'reads'] += 1;
      // A server without the route answers 404.
      return fetch(is_stream && !offers_stream ? url.replace('/v1/stream', '/v1/none') : url, init);
    },
  });
  return { client, counts };
};

const statusesOf = async (offers_stream: boolean, type: string) => {
  const held = Promise.withResolvers<object>();
  await using receiver = await startReceiver(() => held.promise);
  const { client, counts } = countingClient(offers_stream);
  await server.addHook(receiver.origin, { events: [type] });
  const { id: event_id } = await client.events.send(type, {});
  counts.reads = 0;
  const statuses: string[] = [];
  const release = setTimeout(() => held.resolve({}), 1_500);
  for await (const { status } of client.deliveries.watch({ event_id }, { max_delay_ms: 100 }))
    statuses.push(status);
  clearTimeout(release);
  return { statuses, counts };
};

test('where the server offers a stream, watching does not poll', async () => {
  const { statuses, counts } = await statusesOf(true, 'order.waited');
  expect(statuses).toEqual(['sending', 'succeeded']);
  // One at once, and one when the stream is open.
  expect(counts).toEqual({ stream: 1, reads: expect.toSatisfy((reads: number) => reads <= 3) });
});

test('where it does not, watching polls', async () => {
  const { statuses, counts } = await statusesOf(false, 'order.polled');
  expect(statuses).toEqual(['sending', 'succeeded']);
  expect(counts.stream).toBe(1);
  expect(counts.reads).toBeGreaterThan(5);
});

test('a held batch that a job changes is read again', async () => {
  await using receiver = await startReceiver(() => ({}));
  const { client } = countingClient();
  const hook = await server.addHook(receiver.origin, { active: false, events: ['order.batch'] });
  for (let number = 0; number < 20; number += 1) await client.events.send('order.batch', {});
  const last = new Map<string, string>();
  let is_activated = false;
  for await (const { id, status } of client.deliveries.watch({ hook_id: hook.id })) {
    last.set(id, status);
    if (last.size < 20 || is_activated) continue;
    is_activated = true;
    await client.hooks.activate(hook.id, { recover: true });
  }
  expect([...last.values()]).toEqual(Array.from({ length: 20 }, () => 'succeeded'));
});
