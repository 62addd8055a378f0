import { expect, it } from 'vitest';
import { createWorld, type World } from '../support/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const throttleOf = (world: World) => world.arrange.throttle(world.hooks[0]!);
const attemptsOf = async (world: World) =>
  (await world.arrange.deliveries()).reduce((sum, { attempts }) => sum + attempts, 0);

/** A world whose receiver fails until `recover` is called. */
const failing = async (options: Parameters<typeof createWorld>[0] = {}) => {
  const receiver = { is_well: false };
  const world = await createWorld({
    script: () => ({ status: receiver.is_well ? 200 : 500, after_ms: 5 }),
    ...options,
  });
  return Object.assign(world, {
    recover: () => {
      receiver.is_well = true;
    },
  });
};

it('a receiver that only fails opens the breaker within ten failures, and no attempts are used up while it is open', async () => {
  await using world = await failing();
  await world.sendMany(50);
  await world.live(SECOND);
  expect(await throttleOf(world)).toMatchObject({ state: 'open', interval_ms: 5 * SECOND });
  const attempts = await attemptsOf(world);
  // The tenth failure opens it while at most seven other attempts are in flight.
  expect(attempts).toBeGreaterThanOrEqual(10);
  expect(attempts).toBeLessThanOrEqual(17);
  await world.live(3 * SECOND);
  expect(await attemptsOf(world)).toBe(attempts);
  expect(await world.statuses()).toEqual({ pending: 50 });
  expect(world.loop.gauges()).toMatchObject({ in_flight: 0, queued: 0 });
});

it('each half-open sends exactly one delivery, the longest due; a failed probe doubles the interval', async () => {
  await using world = await failing();
  await world.sendMany(30);
  await world.live(SECOND);
  const before = world.sent().length;
  const opened_at = (await throttleOf(world))!.probe_at! - 5 * SECOND;
  await world.live(3 * MINUTE);
  const probes = world.sent().slice(before);
  const waits = probes.map(({ at }, index) => at - (probes[index - 1]?.at ?? opened_at));
  expect(waits).toHaveLength(5);
  for (const [index, interval] of [5, 10, 20, 40, 80].entries()) {
    expect(waits[index]).toBeGreaterThanOrEqual(interval * SECOND);
    expect(waits[index]).toBeLessThanOrEqual(interval * SECOND + 10);
  }
  expect(await attemptsOf(world)).toBe(before + 5);
  // Deliveries that were never sent have been due for longer than those that failed.
  expect(probes.every(({ nth }) => nth === 1)).toBe(true);
});

it('while a probe hangs, nothing else is sent', async () => {
  let hangs = false;
  await using world = await createWorld({ script: () => (hangs ? 'hang' : { status: 500 }) });
  await world.sendMany(30);
  await world.live(SECOND);
  hangs = true;
  const before = world.sent().length;
  await world.live(5 * SECOND);
  await world.sendMany(10);
  await world.live(5 * SECOND);
  expect(world.sent()).toHaveLength(before + 1);
  expect(await throttleOf(world)).toMatchObject({ state: 'half_open' });
});

it('a receiver that answers again gets one, then two, then four at a time, all slots within 5 s, and everything', async () => {
  await using world = await failing();
  await world.sendMany(400);
  await world.live(SECOND);
  const before = world.sent().length;
  world.recover();
  await world.live(10 * SECOND);
  expect(await world.statuses()).toEqual({ succeeded: 400 });
  expect(await throttleOf(world)).toBeUndefined();
  const after = world.sent().slice(before);
  const starts = after.map(({ at }) => at - after[0]!.at);
  // Each answer takes 5 ms and allows one more attempt at a time.
  expect(starts.filter((at) => at === 0)).toHaveLength(1);
  expect(starts.filter((at) => at < 10)).toHaveLength(2);
  expect(starts.filter((at) => at < 15)).toHaveLength(4);
  expect(starts.at(-1)).toBeLessThan(5 * SECOND);
});

it('a crash while it is open changes nothing: no attempt before the next probe', async () => {
  await using world = await failing();
  await world.sendMany(40);
  await world.live(SECOND);
  const [before, sent] = [await throttleOf(world), world.sent().length];
  world.crash();
  await world.boot();
  expect(await throttleOf(world)).toEqual(before);
  await world.clock.until(world.loop.start());
  await world.sendMany(5);
  await world.live(before!.probe_at! - world.clock.now() - 1);
  expect(world.sent()).toHaveLength(sent);
  await world.live(2 * SECOND);
  expect(world.sent()).toHaveLength(sent + 1);
});

it('a crash during a probe is not held against the receiver: the next probe follows with the same interval', async () => {
  await using world = await createWorld({ script: (_, nth) => (nth === 1 ? { status: 500 } : 'hang') });
  await world.sendMany(10);
  await world.live(8 * SECOND);
  expect(await throttleOf(world)).toMatchObject({ state: 'half_open' });
  const attempts = world.sent().length;
  world.crash();
  await world.boot();
  await world.clock.until(world.loop.start());
  expect(await throttleOf(world)).toMatchObject({ state: 'open', interval_ms: 5 * SECOND, probe_id: null });
  await world.live(3 * SECOND);
  expect(world.sent()).toHaveLength(attempts + 1);
});

it('a manual retry is sent although the breaker is open, and its success closes the breaker', async () => {
  await using world = await failing({ retry_delays_ms: [0, HOUR, HOUR, HOUR] });
  await world.sendMany(30);
  await world.live(SECOND);
  expect(await throttleOf(world)).toMatchObject({ state: 'open', interval_ms: HOUR });
  const [first] = await world.arrange.deliveries();
  const before = world.sent().length;
  await world.redeliver(first!.id);
  await world.live(SECOND);
  expect(world.sent()).toHaveLength(before + 1);
  expect(await throttleOf(world)).toMatchObject({ state: 'open', interval_ms: HOUR });
  world.recover();
  await world.redeliver(first!.id);
  await world.live(10 * SECOND);
  expect(await throttleOf(world)).toMatchObject({ state: 'closed' });
  const untried = (await world.arrange.deliveries()).filter(({ attempts }) => attempts === 0);
  expect(untried).toEqual([]);
});

it('503 with Retry-After holds back all deliveries of the hook until then, not only that one', async () => {
  let is_busy = true;
  await using world = await createWorld({
    script: () =>
      is_busy ? { status: 503, headers: { 'retry-after': '60' } } : { status: 200, after_ms: 5 },
  });
  await world.sendMany(1);
  await world.live(SECOND);
  is_busy = false;
  await world.sendMany(20);
  await world.live(50 * SECOND);
  expect(world.sent()).toHaveLength(1);
  await world.live(30 * SECOND);
  expect(await world.statuses()).toEqual({ succeeded: 21 });
});

it('429 without Retry-After leaves one attempt at a time', async () => {
  let is_busy = true;
  await using world = await createWorld({
    script: () => (is_busy ? { status: 429 } : { status: 200, after_ms: 20 * SECOND }),
  });
  await world.sendMany(1);
  await world.live(SECOND);
  is_busy = false;
  const before = world.sent().length;
  await world.sendMany(20);
  await world.live(10 * SECOND);
  expect(world.sent()).toHaveLength(before + 1);
});

it('faults of this server neither open the breaker nor count for its probe', async () => {
  await using world = await createWorld({
    script: () => ({ outcome: { kind: 'interrupted', fault: 'RESOLVER_DOWN' }, after_ms: 5 }),
  });
  await world.sendMany(30);
  await world.live(MINUTE);
  expect(await throttleOf(world)).toBeUndefined();
  await using other = await createWorld({
    script: () => ({ outcome: { kind: 'address_blocked', code: 'E' }, after_ms: 5 }),
  });
  await other.sendMany(30);
  await other.live(MINUTE);
  expect(await throttleOf(other)).toBeUndefined();
});

it('events for a hook whose breaker is open do not make accepts wait', async () => {
  await using world = await failing({ retry_delays_ms: [0, HOUR, HOUR, HOUR] });
  await world.sendMany(30);
  await world.live(SECOND);
  const accepted = Promise.all(world.offer(3_000));
  await world.clock.settle();
  expect(await accepted).toHaveLength(3_000);
  expect(world.loop.gauges()).toEqual({ in_flight: 0, queued: 0, waiting_accepts: 0 });
});

it('the slots of an open hook are free for others', async () => {
  const [bad, good] = ['https://bad.example.com/', 'https://good.example.com/'] as const;
  await using world = await createWorld({
    hooks: [{ url: bad }, { url: good }],
    script: ({ url }) => ({ status: url === bad ? 500 : 200, after_ms: 5 }),
  });
  await world.sendMany(200);
  await world.live(10 * SECOND);
  expect(world.transport.sentTo(good)).toHaveLength(200);
  expect(world.transport.sentTo(bad).length).toBeLessThanOrEqual(20);
});
