import { expect, it } from 'vitest';
import { dialectTable } from '../support/dialect-table.ts';
import { createWorld, type WorldOptions } from '../support/world.ts';
import { createSeededRandom } from '../support/seeded-random.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The documented delays before each retry of the dialect `standard`. */
const DOCUMENTED = dialectTable.find(({ dialect }) => dialect === 'standard')!.delays_ms.slice(1);

/** A week in which receivers fail at random: all requests and rows. */
const randomWeek = async (seed: number) => {
  const weather = createSeededRandom(seed);
  await using world = await createWorld({
    seed,
    hooks: [{}, {}, {}],
    script: () => ({ status: weather.roll() < 0.9 ? 503 : 200, after_ms: Math.floor(weather.roll() * 400) }),
  });
  for (let event = 0; event < 5; event += 1) {
    await world.send({ data: { event } });
    await world.live(HOUR);
  }
  await world.live(7 * DAY);
  return {
    sent: world.sent().map(({ request, at }) => ({ request, at })),
    deliveries: await world.arrange.deliveries(),
    attempts: await world.arrange.attempts(),
  };
};

it('the same seed gives the same week of retries', async () => {
  const [once, twice, other] = [await randomWeek(7), await randomWeek(7), await randomWeek(8)];
  expect(twice).toEqual(once);
  expect(other.sent.map(({ at }) => at)).not.toEqual(once.sent.map(({ at }) => at));
  expect(once.deliveries).toHaveLength(15);
  expect(once.sent.length).toBeGreaterThan(50);
  for (const { status } of once.deliveries) expect(['succeeded', 'failed']).toContain(status);
});

/** One event that always fails: the moments of its attempts, and all rows. */
const failures = async (options: WorldOptions, ms = 5 * DAY) => {
  await using world = await createWorld({ script: () => ({ status: 500 }), ...options });
  await world.send();
  await world.live(ms);
  return {
    at: world.sent().map(({ at }) => at),
    delivery: (await world.arrange.deliveries())[0]!,
    attempts: await world.arrange.attempts(),
    hook: await world.arrange.hook(world.hooks[0]!),
    ids: new Set(world.sent().map(({ request }) => request.headers['webhook-id'])),
  };
};

it('retries keep the documented schedule: never early, late by at most the jitter and one sweep', async () => {
  const runs = [await failures({ seed: 1 }), await failures({ seed: 2 }), await failures({ seed: 3 })];
  for (const { at, delivery, attempts, ids } of runs) {
    expect(at).toHaveLength(DOCUMENTED.length + 1);
    for (const [index, base] of DOCUMENTED.entries()) {
      const waited = at[index + 1]! - at[index]!;
      expect(waited).toBeGreaterThanOrEqual(base);
      expect(waited).toBeLessThanOrEqual(base + Math.max(base / 4, 2 * SECOND) + SECOND);
    }
    const exhausted = { status: 'failed', failure_reason: 'exhausted', attempts: 10, failures: 10 };
    expect(delivery).toMatchObject(exhausted);
    expect(attempts.map(({ number }) => number)).toEqual(Array.from({ length: 10 }, (_, index) => index + 1));
    expect(ids.size).toBe(1);
  }
  expect(runs[0]!.at, 'the jitter is random').not.toEqual(runs[1]!.at);
});

it('a configured schedule replaces the dialect’s', async () => {
  const { at, delivery } = await failures({ retry_delays_ms: [0, MINUTE] });
  expect(at).toHaveLength(2);
  expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(MINUTE);
  expect(delivery.status).toBe('failed');
});

/** The whole minutes between the attempts of a hook with its own schedule. */
const minutesOf = async (max_attempts: number | null) => {
  const hooks = [{ retry_schedule: JSON.stringify([0, MINUTE, 10 * MINUTE]), max_attempts }];
  const { at, delivery } = await failures({ retry_delays_ms: [0, DAY], hooks });
  expect(delivery).toMatchObject({ status: 'failed', failure_reason: 'exhausted' });
  return at.slice(1).map((time, index) => Math.floor((time - at[index]!) / MINUTE));
};

it('a hook’s own schedule replaces the configured one, and max_attempts cuts or extends it', async () => {
  const ten = expect.toSatisfy((minutes: number) => minutes >= 10 && minutes <= 12) as unknown;
  expect(await minutesOf(null)).toEqual([1, ten]);
  expect(await minutesOf(2)).toEqual([1]);
  expect(await minutesOf(5)).toEqual([1, ten, ten, ten]);
});

const waitAfter = async (header: string | undefined) => {
  const headers = header === undefined ? {} : { 'retry-after': header };
  const { at } = await failures({ script: () => ({ status: 429, headers }), retry_delays_ms: [0, 5_000] });
  return at[1]! - at[0]!;
};

it('Retry-After can lengthen a delay, up to a day, and never shortens it', async () => {
  expect(await waitAfter('600')).toBeGreaterThanOrEqual(600 * SECOND);
  expect(await waitAfter('600')).toBeLessThanOrEqual(601 * SECOND);
  expect(await waitAfter('1')).toBeGreaterThanOrEqual(5 * SECOND);
  expect(await waitAfter('soon')).toBeLessThanOrEqual(8 * SECOND);
  expect(await waitAfter(undefined)).toBeLessThanOrEqual(8 * SECOND);
  expect(await waitAfter('99999999')).toBeLessThanOrEqual(DAY + SECOND);
  expect(await waitAfter('99999999')).toBeGreaterThanOrEqual(DAY);
});

it.each([301, 302, 303, 307, 308])('a redirect (%i) is a failure like any other', async (status) => {
  const headers = { location: 'https://elsewhere.example.com/' };
  const script = () => ({ status, headers });
  const { at, attempts } = await failures({ script, retry_delays_ms: [0, 1_000] }, MINUTE);
  expect(at).toHaveLength(2);
  expect(attempts[0]).toMatchObject({ outcome: 'http_status', outcome_detail: String(status) });
});

it('a delivery to a blocked address is not retried', async () => {
  const outcome = { kind: 'address_blocked', code: 'address_private' } as const;
  const { at, delivery, hook } = await failures({ script: () => ({ outcome }) });
  expect(at).toHaveLength(1);
  expect(delivery).toMatchObject({ status: 'failed', failure_reason: 'address_blocked' });
  expect(hook).toMatchObject({ status: 'active', consecutive_failures: 0 });
});
