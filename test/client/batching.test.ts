import { expect, test } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { keepForFile, startServer } from '../support/running-server.ts';
import { clientAt, startFront } from './faulty-front.ts';

const server = await keepForFile(startServer());

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);

test('50 events sent in one event-loop turn are one HTTP request', async () => {
  await using front = await startFront(server.origin);
  const { events } = clientAt(front.origin);
  const sent = await Promise.all(numbers(50).map((n) => events.send('order.created', { n })));
  expect(front.calls).toHaveLength(1);
  expect(new Set(sent.map(({ id }) => id)).size).toBe(50);
});

test('a failed call does not affect the others of its batch', async () => {
  await using front = await startFront(server.origin);
  const { events, hooks } = clientAt(front.origin);
  const ends = await Promise.allSettled([
    events.send('order.created', { n: 1 }),
    events.send('no..type', { n: 2 }),
    events.send('order.created', { n: 3 }, { hook_ids: ['wh_unknown'] }),
    events.send('order.created', { n: 4n as unknown as number }),
    events.send('order.created', { n: 5 }),
  ]);
  const codes = ends.map((end) => (end.status === 'rejected' ? (end.reason as { code: string }).code : null));
  expect(codes).toEqual([null, 'invalid_input', 'not_found', 'invalid_input', null]);
  expect(front.calls).toHaveLength(1);
  const reads = await Promise.allSettled([hooks.get('wh_unknown'), hooks.list(), events.list()]);
  expect(reads.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  expect(front.calls).toHaveLength(2);
});

test('calls beyond the batch limit of the server become further requests', async () => {
  await using front = await startFront(server.origin);
  const { events } = clientAt(front.origin);
  await Promise.all(numbers(250).map((n) => events.send('order.created', { n })));
  expect(front.calls).toHaveLength(3);
});

test('reads whose URL would be too long are split into several requests', async () => {
  await using front = await startFront(server.origin);
  const { events } = clientAt(front.origin);
  const { id } = await events.send('order.created', {});
  const wanted = numbers(100).map(() => events.get(id));
  expect((await Promise.all(wanted)).every((event) => event.id === id)).toBe(true);
  const urls = front.calls.slice(1).map(({ path }) => path.length);
  expect(urls.length).toBeGreaterThan(1);
  expect(urls.length).toBeLessThan(10);
  expect(Math.max(...urls)).toBeLessThanOrEqual(7_000);
});

test('large or deep data is sent alone: a refused request affects no other call', async () => {
  await using front = await startFront(server.origin);
  const { events } = clientAt(front.origin);
  let deep: object = {};
  for (const _ of numbers(200)) deep = { deep };
  const ends = await Promise.allSettled([
    ...numbers(90).map((n) => events.send('order.created', { n, text: 'ä'.repeat(4_900) })),
    events.send('order.created', { text: 'x'.repeat(2_000_000) }),
    events.send('order.created', deep),
  ]);
  expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(90);
  expect(ends.slice(90)).toMatchObject([
    { reason: { code: 'payload_too_large', status: 413 } },
    { reason: { code: 'invalid_json', status: 400 } },
  ]);
  expect(front.calls).toHaveLength(3);
});

test('an aborted call does not affect the others of its batch', async () => {
  await using front = await startFront(server.origin);
  const { events } = clientAt(front.origin);
  const aborter = new AbortController();
  const call = events.send('order.created', { n: 1 }, { signal: aborter.signal });
  const neighbour = events.send('order.created', { n: 2 });
  const aborted = expect(call).rejects.toMatchObject({ code: 'aborted' });
  await front.next();
  aborter.abort();
  await aborted;
  expect((await neighbour).type).toBe('order.created');
});

test('a call that waits for a receiver delays no other call', async () => {
  const answer = Promise.withResolvers<object>();
  await using receiver = await startReceiver(() => answer.promise);
  const { id } = await server.addHook(receiver.origin, { events: ['never'] });
  const { hooks, events } = clientAt(server.origin);
  const validation = hooks.validate(id);
  await events.send('order.created', {});
  answer.resolve({});
  expect(await validation).toMatchObject({ success: true });
});

test('a read that is too long for a batch is sent to the server', async () => {
  const { hooks } = clientAt(server.origin);
  await expect(hooks.get('x'.repeat(6_000))).rejects.toMatchObject({ code: 'invalid_input', status: 422 });
});
