import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { startServer } from '../support/running-server.ts';
import { createWorld } from '../support/world.ts';

const SECOND = 1_000;

it.each([
  { hooks: 200, limits: { hook_concurrency: 2, concurrency: 8 } },
  { hooks: 2_000, limits: { hook_concurrency: 2, concurrency: 64 } },
])('$hooks receivers that hang keep the attempts in flight near `concurrency`', async ({ hooks, limits }) => {
  await using world = await createWorld({ hooks: [], script: () => 'hang', limits });
  await world.arrange.addHooks(world.workspace, hooks);
  await world.sendMany(1);
  await world.live(25 * SECOND);
  expect(world.transport.peak()).toBeLessThanOrEqual(2 * limits.concurrency);
});

it('with concurrency 1 a slow hook still gets its events', async () => {
  await using world = await createWorld({
    script: () => ({ status: 200, after_ms: 3_000 }),
    limits: { hook_concurrency: 8, concurrency: 1 },
  });
  for (let n = 0; n < 5; n += 1) await world.sendMany(1);
  await world.live(3_600 * SECOND);
  expect(await world.statuses()).toEqual({ succeeded: 5 });
});

it('the number of waiting accepts is bounded, even when each has its own tenant', async () => {
  await using world = await createWorld();
  const accepted = Array.from({ length: 20_000 }, (_, n) => world.send({ tenant: `cus_${n}` }));
  const results = Promise.allSettled(accepted);
  await world.clock.settle();
  expect(world.loop.gauges().waiting_accepts).toBeLessThanOrEqual(2 * 4_096);
  await world.live(60 * SECOND);
  const codes = (await results).map((result) =>
    result.status === 'rejected' ? (result.reason as { readonly code: string }).code : 'accepted',
  );
  expect(new Set(codes)).toEqual(new Set(['accepted', 'overloaded']));
});

it('events are accepted at once while a hook drains a backlog of 2,000', async () => {
  await using server = await startServer();
  await using receiver = await startReceiver(async () => {
    await delay(20);
    return {};
  });
  const { id } = await server.addHook(receiver.origin, { events: ['a'], active: false });
  for (let batch = 0; batch < 2; batch += 1) {
    const events = Array.from({ length: 1_000 }, (_, n) => ({ type: 'a', data: { n } }));
    expect((await server.api('POST /v1/events/batch', { events })).status).toBe(200);
  }
  await server.api(`POST /v1/webhooks/${id}/activate`, { recover: true });
  await receiver.next();
  const took: number[] = [];
  for (let event = 0; event < 20; event += 1) {
    const start = performance.now();
    await server.send({ type: 'b' });
    took.push(performance.now() - start);
    await delay(50);
  }
  expect(Math.max(...took)).toBeLessThan(1_000);
  expect(receiver.calls.length).toBeLessThan(2_000);
});
