import { expect, it } from 'vitest';
import { createWorld, type WorldOptions } from '../support/world.ts';
import { createSeededRandom } from '../support/seeded-random.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The schedule that dialects.md prints for `standard`. */
const PRINTED = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** A week in which receivers fail at random, as everything that was sent and recorded. */
const aWeek = async (seed: number) => {
  const weather = createSeededRandom(seed);
  await using world = await createWorld({
    seed,
    script: () => ({ status: weather.roll() < 0.9 ? 503 : 200, after_ms: Math.floor(weather.roll() * 400) }),
  });
  const workspace = await world.arrange.addWorkspace();
  for (let hook = 0; hook < 3; hook += 1) await world.arrange.addHook(workspace);
  for (let event = 0; event < 5; event += 1) {
    await world.send(workspace, { data: { event } });
    await world.live(HOUR);
  }
  await world.live(7 * DAY);
  return {
    sent: world.sent().map(({ request, at }) => ({ request, at })),
    deliveries: await world.arrange.deliveries(),
    attempts: await world.arrange.attempts(),
  };
};

it('a week of retries runs in a moment, and equally for an equal seed', async () => {
  const [once, twice, other] = [await aWeek(7), await aWeek(7), await aWeek(8)];
  expect(twice).toEqual(once);
  expect(other.sent.map(({ at }) => at)).not.toEqual(once.sent.map(({ at }) => at));
  expect(once.deliveries).toHaveLength(15);
  expect(once.sent.length).toBeGreaterThan(50);
  for (const { status } of once.deliveries) expect(['succeeded', 'failed']).toContain(status);
});

/** The moments of the attempts at one event that always fails, with what its receiver answers. */
const failures = async (options: WorldOptions, ms = 5 * DAY) => {
  await using world = await createWorld({ script: () => ({ status: 500 }), ...options });
  const workspace = await world.arrange.addWorkspace();
  const hook_id = await world.arrange.addHook(workspace);
  await world.send(workspace);
  await world.live(ms);
  const [delivery] = await world.arrange.deliveries();
  return {
    at: world.sent().map(({ at }) => at),
    delivery: delivery!,
    attempts: await world.arrange.attempts(),
    hook: await world.arrange.hook(hook_id),
    ids: new Set(world.sent().map(({ request }) => request.headers['webhook-id'])),
  };
};

it('the printed schedule is kept: never early, late by the jitter and one sweep at most', async () => {
  for (const seed of [1, 2, 3]) {
    const { at, delivery, attempts, ids } = await failures({ seed });
    expect(at).toHaveLength(PRINTED.length + 1);
    for (const [index, base] of PRINTED.entries()) {
      const waited = at[index + 1]! - at[index]!;
      expect(waited).toBeGreaterThanOrEqual(base);
      expect(waited).toBeLessThanOrEqual(base + Math.max(base / 4, 2 * SECOND) + SECOND);
    }
    expect(delivery).toMatchObject({
      status: 'failed',
      failure_reason: 'exhausted',
      attempts: 10,
      failures: 10,
    });
    expect(attempts.map(({ number }) => number)).toEqual(Array.from({ length: 10 }, (_, index) => index + 1));
    expect(ids.size).toBe(1);
  }
});

it('the jitter differs from seed to seed', async () => {
  const [one, two] = [await failures({ seed: 1 }), await failures({ seed: 2 })];
  expect(one.at).not.toEqual(two.at);
});

it('a schedule of the configuration replaces the dialect’s', async () => {
  const { at, delivery } = await failures({ retry_delays_ms: [0, MINUTE] });
  expect(at).toHaveLength(2);
  expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(MINUTE);
  expect(delivery.status).toBe('failed');
});

const waitAfter = async (header: string | undefined) => {
  const headers = header === undefined ? {} : { 'retry-after': header };
  const { at } = await failures({ script: () => ({ status: 429, headers }), retry_delays_ms: [0, 5_000] });
  return at[1]! - at[0]!;
};

it('Retry-After is obeyed where it asks for more than the schedule, and never shortens it', async () => {
  expect(await waitAfter('600')).toBeGreaterThanOrEqual(600 * SECOND);
  expect(await waitAfter('600')).toBeLessThanOrEqual(601 * SECOND);
  expect(await waitAfter('1')).toBeGreaterThanOrEqual(5 * SECOND);
  expect(await waitAfter('soon')).toBeLessThanOrEqual(8 * SECOND);
  expect(await waitAfter(undefined)).toBeLessThanOrEqual(8 * SECOND);
  expect(await waitAfter('99999999')).toBeLessThanOrEqual(DAY + SECOND);
  expect(await waitAfter('99999999')).toBeGreaterThanOrEqual(DAY);
});

it('a 410 ends the delivery and the hook at once: not one request in the seven days after it', async () => {
  const { at, delivery, hook } = await failures({ script: () => ({ status: 410 }) }, 7 * DAY);
  expect(at).toHaveLength(1);
  expect(delivery).toMatchObject({ status: 'failed', failure_reason: 'hook_gone' });
  expect(hook).toMatchObject({ status: 'disabled', disabled_reason: 'gone_410' });
});

it('a redirect is a failure like any other', async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    const { at, attempts } = await failures(
      {
        script: () => ({ status, headers: { location: 'https://elsewhere.example.com/' } }),
        retry_delays_ms: [0, 1_000],
      },
      MINUTE,
    );
    expect(at).toHaveLength(2);
    expect(attempts[0]).toMatchObject({ outcome: 'http_status', outcome_detail: String(status) });
  }
});

it('an address that the policy refuses is not tried again', async () => {
  const outcome = { kind: 'address_blocked', code: 'address_private' } as const;
  const { at, delivery, hook } = await failures({ script: () => ({ outcome }) });
  expect(at).toHaveLength(1);
  expect(delivery).toMatchObject({ status: 'failed', failure_reason: 'address_blocked' });
  expect(hook).toMatchObject({ status: 'active', consecutive_failures: 0 });
});

/** A hook that gets an event every six hours for some days, and answers by the number of the request. */
const longFailing = async (days: number, script: WorldOptions['script']) => {
  await using world = await createWorld({ script: script! });
  const workspace = await world.arrange.addWorkspace();
  const hook_id = await world.arrange.addHook(workspace);
  for (let quarter = 0; quarter < days * 4; quarter += 1) {
    await world.send(workspace);
    await world.live(6 * HOUR);
  }
  return { hook: await world.arrange.hook(hook_id), deliveries: await world.arrange.deliveries({ hook_id }) };
};

const fails = () => ({ status: 500 }) as const;

it('five days of nothing but failures disable a hook, and everything for it is held', async () => {
  expect((await longFailing(4, fails)).hook.status).toBe('active');
  const { hook, deliveries } = await longFailing(7, fails);
  expect(hook).toMatchObject({ status: 'disabled', disabled_reason: 'failing' });
  expect(deliveries.at(-1)).toMatchObject({ status: 'held', attempts: 0 });
  expect(deliveries.filter(({ status }) => !['held', 'failed'].includes(status))).toEqual([]);
});

it('one success in between, or a resolver of ours that is down, disables nothing', async () => {
  let requests = 0;
  const once = await longFailing(7, () => ({ status: (requests += 1) === 60 ? 200 : 500 }));
  expect(once.hook.status).toBe('active');
  const ours = await longFailing(7, () => ({ outcome: { kind: 'dns_failed', code: 'ETIMEOUT' } }));
  expect(ours.hook).toMatchObject({ status: 'active', consecutive_failures: 0 });
});
