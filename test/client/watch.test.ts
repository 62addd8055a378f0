import { expect, test } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { startServer } from '../support/running-server.ts';
import { clientAt } from './faulty-front.ts';

const quick = { min_delay_ms: 5, max_delay_ms: 20 };

test('a delivery is yielded whenever it changed, until it is final', async () => {
  const held = Promise.withResolvers<void>();
  await using receiver = await startReceiver(async (_, nth) => {
    if (nth === 1) return { status: 500 };
    await held.promise;
    return {};
  });
  await using server = await startServer({ settings: { retry_schedule: '0,50ms,50ms' } });
  await server.addHook(receiver.origin);
  const { events, deliveries } = clientAt(server.origin);
  const { id: event_id } = await events.send('order.created', {});
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

test('a filter is watched until all that it finds is final', async () => {
  const held = Promise.withResolvers<object>();
  await using good = await startReceiver(() => held.promise);
  await using gone = await startReceiver(() => ({ status: 410 }));
  await using server = await startServer();
  await server.addHook(good.origin);
  await server.addHook(gone.origin);
  const { events, deliveries } = clientAt(server.origin);
  const { id: event_id } = await events.send('order.created', {});
  const last = new Map<string, string>();
  for await (const { id, status } of deliveries.watch({ event_id }, quick)) {
    last.set(id, status);
    if (status === 'failed') held.resolve({});
  }
  expect([...last.values()].toSorted()).toEqual(['failed', 'succeeded']);
});

test('a signal ends it with an error: it did not come to its end', async () => {
  await using server = await startServer();
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

test('what does not exist is not watched', async () => {
  await using server = await startServer();
  const { deliveries } = clientAt(server.origin);
  await expect(deliveries.watch('dlv_unknown').next()).rejects.toMatchObject({ code: 'not_found' });
});
