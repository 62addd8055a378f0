import { expect, it } from 'vitest';
import { createWorld, type World } from '../support/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 86_400_000;

/** The delays between a time and the requests. */
const lateness = (world: World, deliver_at: number) => world.sent().map(({ at }) => at - deliver_at);

const expectOnTime = (world: World, deliver_at: number, count: number): void => {
  const late = lateness(world, deliver_at);
  expect(late).toHaveLength(count);
  for (const ms of late) {
    expect(ms).toBeGreaterThanOrEqual(0);
    expect(ms).toBeLessThanOrEqual(SECOND);
  }
};

it('a delayed event is sent at its time and not before', async () => {
  await using world = await createWorld();
  const deliver_at = world.clock.now() + 10 * MINUTE + 7;
  const receipt = await world.send({ deliver_at });
  expect(receipt).toMatchObject({ deliver_at, deliveries: 1 });
  expect(await world.arrange.deliveries()).toMatchObject([
    { status: 'pending', next_attempt_at: deliver_at, attempts: 0, lease_token: 0 },
  ]);
  await world.live(10 * MINUTE);
  expect(world.sent()).toEqual([]);
  await world.live(2 * SECOND);
  expectOnTime(world, deliver_at, 1);
  expect(await world.statuses()).toEqual({ succeeded: 1 });
});

it('a restart does not change the time', async () => {
  await using world = await createWorld();
  const deliver_at = world.clock.now() + MINUTE;
  await world.send({ deliver_at });
  world.crash();
  await world.boot();
  await world.live(MINUTE - 1);
  expect(world.sent()).toEqual([]);
  await world.stop();
  await world.boot();
  await world.live(2 * SECOND);
  expectOnTime(world, deliver_at, 1);
});

it('a large fan-out keeps the time for every hook, also over a restart', async () => {
  await using world = await createWorld({ hooks: [] });
  await world.arrange.addHooks(world.workspace, 500);
  const deliver_at = world.clock.now() + MINUTE;
  expect(await world.send({ deliver_at })).toMatchObject({ deliveries: 500 });
  expect(await world.arrange.countDeliveries()).toBeLessThan(500);
  world.crash();
  await world.boot();
  await world.live(MINUTE - 1);
  expect(world.sent()).toEqual([]);
  expect(await world.statuses()).toEqual({ pending: 500 });
  await world.live(2 * SECOND);
  expectOnTime(world, deliver_at, 500);
});

it('a past time sends the event at once', async () => {
  await using world = await createWorld();
  const now = world.clock.now();
  for (const deliver_at of [0, now - 1, now]) {
    expect(await world.send({ deliver_at })).toMatchObject({ deliver_at: null });
  }
  await world.clock.settle();
  expect(world.sent()).toHaveLength(3);
});

it('a hook that is switched off meanwhile holds its delivery', async () => {
  await using world = await createWorld({ hooks: [{}, { status: 'paused' }] });
  const [hook = ''] = world.hooks;
  await world.send({ deliver_at: world.clock.now() + MINUTE });
  expect(await world.statuses()).toEqual({ pending: 1, held: 1 });
  await world.arrange.setHookStatus(hook, 'paused');
  await world.live(2 * MINUTE);
  expect(world.sent()).toEqual([]);
  expect(await world.statuses()).toEqual({ held: 2 });
});

it('a retry follows the schedule from the delayed attempt on', async () => {
  await using world = await createWorld({
    script: (_, nth) => ({ status: nth === 1 ? 500 : 200 }),
    retry_delays_ms: [0, MINUTE],
  });
  const deliver_at = world.clock.now() + 10 * MINUTE;
  await world.send({ deliver_at });
  await world.live(13 * MINUTE);
  const [first = 0, second = 0] = lateness(world, deliver_at);
  expect(first).toBeLessThanOrEqual(SECOND);
  expect(second - first).toBeGreaterThanOrEqual(MINUTE);
  expect(await world.statuses()).toEqual({ succeeded: 1 });
});

it('a manual attempt sends a delayed delivery at once; one that fails leaves the time as it was', async () => {
  await using world = await createWorld({ script: (_, nth) => ({ status: nth === 1 ? 500 : 200 }) });
  const deliver_at = world.clock.now() + MINUTE;
  await world.send({ deliver_at });
  const [delivery] = await world.arrange.deliveries();
  await world.redeliver(delivery!.id);
  await world.clock.settle();
  expect(await world.arrange.delivery(delivery!.id)).toMatchObject({
    status: 'pending',
    attempts: 1,
    next_attempt_at: deliver_at,
  });
});

it('the time is part of the request of an idempotency key', async () => {
  await using world = await createWorld();
  const key = { idempotency_key: 'k', deliver_at: world.clock.now() + MINUTE };
  const receipt = await world.send(key);
  await world.live(2 * MINUTE);
  expect(await world.send(key)).toEqual(receipt);
  await expect(world.send({ ...key, deliver_at: key.deliver_at + 1 })).rejects.toMatchObject({
    code: 'idempotency_conflict',
  });
});

it.each([
  ['30 days', undefined, 30 * DAY],
  ['30 days', 90 * DAY, 30 * DAY],
  ['the retention', 7 * DAY, 7 * DAY],
])(
  'a time beyond %s is refused with the latest possible time (retention %s)',
  async (_, retention_ms, limit) => {
    await using world = await createWorld(retention_ms === undefined ? {} : { retention_ms });
    const latest = world.clock.now() + limit;
    expect(await world.send({ deliver_at: latest })).toMatchObject({ deliver_at: latest });
    await expect(world.send({ deliver_at: latest + 1 })).rejects.toMatchObject({
      code: 'invalid_input',
      issues: [{ path: 'deliver_at', message: expect.stringContaining(new Date(latest).toISOString()) }],
    });
  },
);

it('retention does not delete an event before it is sent', async () => {
  await using world = await createWorld({ retention_ms: DAY });
  const deliver_at = world.clock.now() + DAY;
  await world.send({ deliver_at });
  await world.live(DAY + MINUTE);
  expectOnTime(world, deliver_at, 1);
});
