import { expect, it } from 'vitest';
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
