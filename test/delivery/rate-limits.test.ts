import { describe, expect, it } from 'vitest';
import { BellwireError } from '../../packages/server/src/core/errors.ts';
import { RateLimits } from '../../packages/server/src/delivery/rate-limits.ts';

const limit = (key: string, per_second: number) => ({
  key,
  per_second,
  subject: `The key ${key}`,
  advice: 'wait',
});

const createLimits = (nodes?: () => number) => {
  const clock = { now: 0 };
  const limits = new RateLimits({ monotonic: () => clock.now }, nodes);
  const takes = (...taken: ReturnType<typeof limit>[]): boolean => {
    try {
      limits.take(taken);
      return true;
    } catch (error) {
      if (error instanceof BellwireError && error.code === 'too_many_requests') return false;
      throw error;
    }
  };
  return { clock, limits, takes };
};

describe('over 60 seconds, a limit accepts its events within 5 %', () => {
  it.each([1, 7, 10, 99.9, 333, 1_000, 5_000])('%i per second, offered at three times the rate', (rate) => {
    const { clock, takes } = createLimits();
    let accepted = 0;
    for (let n = 0; n < 60 * 3 * rate; n += 1) {
      clock.now = (n * 1_000) / (3 * rate);
      if (takes(limit('a', rate))) accepted += 1;
    }
    expect(accepted / (60 * rate)).toBeGreaterThanOrEqual(0.95);
    expect(accepted / (60 * rate)).toBeLessThanOrEqual(1.05);
  });

  it('in bursts once per second, and below the limit none is refused', () => {
    const { clock, takes } = createLimits();
    for (let second = 0; second < 60; second += 1) {
      clock.now = second * 1_000;
      for (let n = 0; n < 50; n += 1) expect(takes(limit('a', 50))).toBe(true);
      expect(takes(limit('a', 50))).toBe(false);
    }
  });
});

it.each([1, 10, 333])('each of three nodes admits a third of %i per second', (rate) => {
  const { clock, takes } = createLimits(() => 3);
  let accepted = 0;
  for (let n = 0; n < 60 * rate; n += 1) {
    clock.now = (n * 1_000) / rate;
    if (takes(limit('a', rate))) accepted += 1;
  }
  expect(accepted / (20 * rate)).toBeGreaterThanOrEqual(0.95);
  // And the first event of a rate below one per second.
  expect(accepted).toBeLessThanOrEqual(20 * rate * 1.05 + 1);
});

it('the share of a node changes with the number of nodes', () => {
  const nodes = { count: 1 };
  const { clock, takes } = createLimits(() => nodes.count);
  const acceptedOf = (tries: number) =>
    Array.from({ length: tries }, () => takes(limit('a', 30))).filter(Boolean).length;
  expect(acceptedOf(50)).toBe(30);
  nodes.count = 3;
  expect(acceptedOf(50)).toBe(0);
  clock.now = 1_000;
  expect(acceptedOf(50)).toBe(10);
  nodes.count = 1;
  clock.now = 2_000;
  expect(acceptedOf(50)).toBe(30);
});

it('a pause of an hour does not save more than the events of one second', () => {
  const { clock, takes } = createLimits();
  takes(limit('a', 10));
  clock.now = 3_600_000;
  const accepted = Array.from({ length: 100 }, () => takes(limit('a', 10))).filter(Boolean);
  expect(accepted).toHaveLength(10);
});

it('an event that one limit refuses does not count against the others', () => {
  const { takes } = createLimits();
  expect(takes(limit('small', 1), limit('large', 3))).toBe(true);
  for (let n = 0; n < 5; n += 1) expect(takes(limit('large', 3), limit('small', 1))).toBe(false);
  expect([takes(limit('large', 3)), takes(limit('large', 3)), takes(limit('large', 3))]).toEqual([
    true,
    true,
    false,
  ]);
});

it('the refusal has the time after which an event is accepted', () => {
  const { clock, limits, takes } = createLimits();
  limits.take([limit('a', 0.2)]);
  const refusal = (): BellwireError | null => {
    try {
      limits.take([limit('a', 0.2)]);
      return null;
    } catch (error) {
      return error as BellwireError;
    }
  };
  expect(refusal()).toMatchObject({ code: 'too_many_requests', retry_after_s: 5 });
  clock.now = 4_999;
  expect(refusal()?.retry_after_s).toBe(1);
  clock.now = 5_000;
  expect(takes(limit('a', 0.2))).toBe(true);
});
