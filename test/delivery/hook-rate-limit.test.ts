import { expect, it } from 'vitest';
import { createWorld, type World } from '../support/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Lets whole seconds pass, with a sweep in each. Unlike `live`, it does not search a large backlog at every step. */
const pass = async ({ clock, loop }: World, seconds: number): Promise<void> => {
  for (let n = 0; n < seconds; n += 1) {
    await clock.advance(SECOND);
    await clock.until(loop.sweep());
  }
};

const answer = () => ({ status: 200, after_ms: 5 });

it.each([
  { rate_limit: { count: 50, per: 'second' }, per_second: 50 },
  { rate_limit: { count: 5, per: 'second' }, per_second: 5 },
  { rate_limit: { count: 90, per: 'minute' }, per_second: 1.5 },
] as const)('over 60 s a backlog is sent at $rate_limit, within 5 %', async ({ rate_limit, per_second }) => {
  await using world = await createWorld({ hooks: [{ rate_limit }], script: answer });
  await world.arrange.addBacklog(world.hooks[0]!, 4_000, world.clock.now() - MINUTE);
  await pass(world, 1);
  const before = world.sent().length;
  await pass(world, 60);
  const sent = world.sent().length - before;
  expect(sent / (per_second * 60)).toBeGreaterThan(0.95);
  expect(sent / (per_second * 60)).toBeLessThan(1.05);
  // Evenly: no second has more than the rate and the burst of 250 ms.
  const starts = world.sent().map(({ at }) => at);
  for (const at of starts) {
    const within = starts.filter((other) => other >= at && other < at + SECOND).length;
    expect(within).toBeLessThanOrEqual(Math.ceil(per_second * 1.25) + 1);
  }
});

it('new events of a hook with a rate limit are spaced too, in their order', async () => {
  await using world = await createWorld({
    hooks: [{ rate_limit: { count: 10, per: 'second' } }],
    script: answer,
  });
  await world.sendMany(100);
  await world.live(5 * SECOND);
  const sent = world.sent().length;
  expect(sent).toBeGreaterThanOrEqual(48);
  expect(sent).toBeLessThanOrEqual(55);
  await world.live(6 * SECOND);
  expect(await world.statuses()).toEqual({ succeeded: 100 });
});

it('below its limit, an event is sent at once', async () => {
  await using world = await createWorld({
    hooks: [{ rate_limit: { count: 10, per: 'second' } }],
    script: answer,
  });
  for (let n = 0; n < 5; n += 1) {
    await world.clock.until(world.send());
    await world.clock.settle();
    expect(world.sent()).toHaveLength(n + 1);
    await world.live(500);
  }
});

it('restarts do not exceed the limit', async () => {
  await using world = await createWorld({
    hooks: [{ rate_limit: { count: 10, per: 'minute' } }],
    script: answer,
  });
  await world.sendMany(100);
  for (let n = 0; n < 20; n += 1) {
    await world.live(3 * SECOND);
    world.crash();
    await world.boot();
    await world.clock.until(world.loop.start());
  }
  expect(world.sent().length).toBeLessThanOrEqual(11);
  expect(world.sent().length).toBeGreaterThanOrEqual(9);
});

it('manual retries are not limited and do not count towards the limit', async () => {
  await using world = await createWorld({
    hooks: [{ rate_limit: { count: 1, per: 'minute' } }],
    script: answer,
  });
  await world.sendMany(3);
  await world.live(SECOND);
  expect(world.sent()).toHaveLength(1);
  const [{ id } = { id: '' }] = await world.arrange.deliveries();
  await world.redeliver(id);
  await world.live(SECOND);
  expect(world.sent()).toHaveLength(2);
  await world.live(MINUTE);
  expect(world.sent()).toHaveLength(3);
});

it('a hook with a rate limit that recovers with a backlog of 50,000 drains it at its rate, and no faster', async () => {
  const receiver = { is_well: false };
  await using world = await createWorld({
    hooks: [{ rate_limit: { count: 500, per: 'second' } }],
    script: () => ({ status: receiver.is_well ? 200 : 503, after_ms: 2 }),
  });
  await world.arrange.addBacklog(world.hooks[0]!, 50_000, world.clock.now());
  await pass(world, 2);
  expect(await world.arrange.throttle(world.hooks[0]!)).toMatchObject({ state: 'open' });
  receiver.is_well = true;
  const before = world.sent().length;
  await pass(world, 115);
  const sent = world.sent().slice(before);
  const start = sent[0]!.at;
  expect(sent.filter(({ at }) => at === start)).toHaveLength(1);
  for (let second = 0; second < 10; second += 1) {
    const from = start + second * SECOND;
    const rate = sent.filter(({ at }) => at >= from && at < from + SECOND).length;
    expect(rate).toBeLessThanOrEqual(1_000);
  }
  expect(world.transport.peak()).toBeLessThanOrEqual(8);
  const drained = sent.at(-1)!;
  expect((drained.at - start) / SECOND).toBeLessThanOrEqual(1.1 * 100);
  const { succeeded } = await world.statuses();
  expect(succeeded).toBeGreaterThanOrEqual(49_900);
}, 120_000);
