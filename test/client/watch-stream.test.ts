import { expect, test } from 'vitest';
import { createClient } from '@bellwire/client';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, keepForFile, startServer } from '../support/running-server.ts';

const server = await keepForFile(startServer());

interface Counts {
  streams: number;
  reads: number;
}

/** A client that counts the responses. `onResponse` is called after each response. */
const countingClient = (offers_stream = true, onResponse: (counts: Counts) => void = () => {}) => {
  const counts: Counts = { streams: 0, reads: 0 };
  const client = createClient({
    url: server.origin,
    api_key: ADMIN_KEY,
    fetch: async (url, init) => {
      const is_stream = url.includes('/v1/stream');
      // A server without the route answers 404.
      const target = is_stream && !offers_stream ? url.replace('/v1/stream', '/v1/none') : url;
      const response = await fetch(target, init);
      counts[is_stream ? 'streams' : 'reads'] += 1;
      onResponse(counts);
      return response;
    },
  });
  return { client, counts };
};

const watched = async (offers_stream: boolean, mayEnd: (counts: Counts) => boolean): Promise<Counts> => {
  const held = Promise.withResolvers<object>();
  await using receiver = await startReceiver(() => held.promise);
  const type = offers_stream ? 'order.streamed' : 'order.polled';
  await server.addHook(receiver.origin, { events: [type] });
  const { id: event_id } = await server.send({ type });
  const { client, counts } = countingClient(offers_stream, (now) => {
    if (mayEnd(now)) held.resolve({});
  });
  let last = '';
  for await (const { status } of client.deliveries.watch({ event_id }, { max_delay_ms: 50 })) last = status;
  expect(last).toBe('succeeded');
  return counts;
};

test('where the server offers a stream, watching does not poll', async () => {
  let read_before = 0;
  const counts = await watched(true, ({ streams, reads }) => {
    if (streams === 1 && read_before === 0) {
      read_before = reads;
      return false;
    }
    // The read that follows the opening of the stream.
    return streams === 1 && reads > read_before;
  });
  expect(counts.streams).toBe(1);
  // The end arrives as an event: at most the reads that were on their way are added.
  expect(counts.reads).toBeLessThanOrEqual(read_before + 3);
});

test('where it does not, watching polls', async () => {
  const counts = await watched(false, ({ reads }) => reads > 6);
  expect(counts.streams).toBe(1);
  expect(counts.reads).toBeGreaterThan(6);
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
