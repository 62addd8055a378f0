import { expect, it } from 'vitest';
import {
  afterTaking,
  allowedAt,
  allowedNow,
  type RateLimit,
} from '../../packages/server/src/core/rate-limit.ts';

const LIMITS: readonly RateLimit[] = [
  { count: 1, per: 'second' },
  { count: 7, per: 'second' },
  { count: 300, per: 'second' },
  { count: 100, per: 'minute' },
  { count: 1, per: 'hour' },
  { count: 10_000, per: 'day' },
];
const PERIOD_MS = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 };
const START = Date.UTC(2026, 0, 5);

/** Takes as much as the limit allows at each time; returns the times. */
const takeAt = (limit: RateLimit, times: readonly number[], used: number | null = null) => {
  const taken: number[] = [];
  let state = used;
  for (const now of times) {
    const count = allowedNow(limit, state, now);
    if (count > 0) state = afterTaking(limit, state, { taken: count, now });
    for (let n = 0; n < count; n += 1) taken.push(now);
  }
  return { taken, state };
};

const everyMs = (step: number, ms: number) =>
  Array.from({ length: Math.floor(ms / step) + 1 }, (_, n) => START + n * step);

it.each(LIMITS)('in any period, no more than $count per $per and the burst of 250 ms', (limit) => {
  const period = PERIOD_MS[limit.per];
  const step = Math.max(1, Math.floor(period / 1_000));
  const { taken } = takeAt(limit, everyMs(step, 3 * period));
  const burst = Math.ceil((limit.count * 250) / period);
  for (const [index, at] of taken.entries()) {
    const within = taken.slice(index).filter((other) => other < at + period).length;
    expect(within).toBeLessThanOrEqual(limit.count + burst + 1);
  }
});

it.each(LIMITS)('$count per $per is reached although every look is up to 200 ms late', (limit) => {
  const period = PERIOD_MS[limit.per];
  let now = START;
  let used: number | null = null;
  let taken = 0;
  while (now < START + 4 * period) {
    const count = allowedNow(limit, used, now);
    expect(count).toBeGreaterThan(0);
    used = afterTaking(limit, used, { taken: count, now });
    taken += count;
    now = allowedAt(limit, used, now) + 200;
  }
  expect(taken / limit.count).toBeGreaterThan(4 * 0.95);
});

it('the next delivery is allowed exactly when the limit says', () => {
  for (const limit of LIMITS) {
    const { state } = takeAt(limit, [START]);
    const at = allowedAt(limit, state, START);
    expect(allowedNow(limit, state, at - 1)).toBe(0);
    expect(allowedNow(limit, state, at)).toBe(1);
  }
});

it.each(LIMITS)('$count per $per holds for two clocks of which one is 500 ms behind', (limit) => {
  const period = PERIOD_MS[limit.per];
  const step = Math.max(1, Math.floor(period / 1_000));
  const times = everyMs(step, 3 * period).flatMap((now) => [now, now - 500]);
  const { taken } = takeAt(limit, times);
  const burst = Math.ceil((limit.count * 250) / period);
  expect(taken.length).toBeLessThanOrEqual(3 * limit.count + burst + 1);
});

it('a clock that was set back delays nothing', () => {
  const limit: RateLimit = { count: 10, per: 'second' };
  const { state } = takeAt(limit, [START + PERIOD_MS.hour]);
  expect(allowedAt(limit, state, START)).toBe(START);
  expect(takeAt(limit, everyMs(10, 10_000), state).taken.length).toBeLessThanOrEqual(105);
});

it('a higher limit takes effect at once', () => {
  const { state } = takeAt({ count: 1, per: 'hour' }, [START]);
  expect(allowedNow({ count: 10, per: 'second' }, state, START + 1)).toBe(1);
});
