import { expect, test } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { keepForFile, startServer } from '../support/running-server.ts';
import { clientAt } from './faulty-front.ts';

const server = await keepForFile(startServer({ settings: { retry_schedule: '0,50ms,50ms' } }));

const quick = { min_delay_ms: 5, max_delay_ms: 20 };

test('a delivery is yielded after every change, until it is final', async () => {
  const held = Promise.withResolvers<void>();
  await using receiver = await startReceiver(async (_, nth) => {
    if (nth === 1) return { status: 500 };
    await held.promise;
    return {};
  });
  await server.addHook(receiver.origin, { events: ['order.retried'] });
  const { events, deliveries } = clientAt(server.origin);
  const { id: event_id } = await events.send('order.retried', {});
  const [delivery] = (await deliveries.list({ event_id })).data;
  const seen: string[] = [];
  for await (const { status, attempt_count, attempts } of deliveries.watch(delivery!.id, quick)) {
    seen.push(`${status} ${attempt_count}`);
    expect(attempts).toHaveLength(attempt_count);
    if (attempt_count === 1 && status === 'sending') held.resolve();
  }
  expect(seen).toContain('sending 1');
  expect(seen.at(-1)).toBe('succeeded 2');
  expect(new Set(seen).size).toBe(seen.length);
});

test('a filter is watched until all its deliveries are final', async () => {
  const held = Promise.withResolvers<object>();
  await using good = await startReceiver(() => held.promise);
  await using gone = await startReceiver(() => ({ status: 410 }));
  await server.addHook(good.origin, { events: ['order.split'] });
  await server.addHook(gone.origin, { events: ['order.split'] });
  const { events, deliveries } = clientAt(server.origin);
  const { id: event_id } = await events.send('order.split', {});
  const last = new Map<string, string>();
  for await (const { id, status } of deliveries.watch({ event_id }, quick)) {
    last.set(id, status);
    if (status === 'failed') held.resolve({});
  }
  expect([...last.values()].toSorted()).toEqual(['failed', 'succeeded']);
});

test('an abort signal ends the watch with an error', async () => {
  const hook = await server.addHook('https://receiver.example.com/', { active: false });
  const { events, deliveries } = clientAt(server.origin);
  await events.send('order.created', {});
  const aborter = new AbortController();
  const watching = deliveries.watch({ hook_id: hook.id }, { ...quick, signal: aborter.signal });
  expect((await watching.next()).value).toMatchObject({ status: 'held' });
  const next = watching.next();
  aborter.abort();
  await expect(next).rejects.toMatchObject({ code: 'aborted' });
});

test('an unknown delivery is not found', async () => {
  const { deliveries } = clientAt(server.origin);
  await expect(deliveries.watch('dlv_unknown').next()).rejects.toMatchObject({ code: 'not_found' });
});
