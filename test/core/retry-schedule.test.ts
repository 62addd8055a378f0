import { expect, it } from 'vitest';
import {
  attemptDelays,
  hookDelays,
  retryDelay,
  STANDARD_DELAYS_MS,
  withMaxAttempts,
} from '../../packages/server/src/core/retry-schedule.ts';
import { createSeededRandom } from '../support/seeded-random.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const SAMPLES = 10_000;

it('the standard schedule is ten attempts over 75 hours', () => {
  const hours = [2, 5, 10, 14, 20, 24].map((count) => count * HOUR);
  expect(STANDARD_DELAYS_MS).toEqual([0, 5 * SECOND, 300 * SECOND, 1_800 * SECOND, ...hours]);
  expect(STANDARD_DELAYS_MS.reduce((sum, delay) => sum + delay, 0) / HOUR).toBeCloseTo(75.6, 1);
});

/** The Kolmogorov-Smirnov distance of samples from the uniform distribution. */
const distanceFromUniform = (samples: readonly number[]): number =>
  Math.max(
    ...samples
      .toSorted((a, b) => a - b)
      .map((value, index) => Math.max(value - index / SAMPLES, (index + 1) / SAMPLES - value)),
  );

for (const [failures, base] of STANDARD_DELAYS_MS.entries()) {
  if (base === 0) continue;
  const spread = Math.max(base / 4, 2 * SECOND);

  it(`the delay before attempt ${failures + 1} is spread evenly, from its base to a quarter more`, () => {
    const { roll } = createSeededRandom(failures);
    const delays = Array.from({ length: SAMPLES }, () => retryDelay(STANDARD_DELAYS_MS, failures, roll())!);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(base);
    expect(Math.max(...delays)).toBeLessThanOrEqual(base + spread);
    expect(Math.max(...delays)).toBeGreaterThan(base + spread * 0.99);
    // A uniform sample exceeds a distance of 1.63 / √n once in a hundred times.
    const distance = distanceFromUniform(delays.map((delay) => (delay - base) / spread));
    expect(distance).toBeLessThan(1.63 / Math.sqrt(SAMPLES));
    if (base < 1_800 * SECOND) return;
    const perSecond = Map.groupBy(delays, (delay) => Math.floor(delay / SECOND));
    const largest = Math.max(...[...perSecond.values()].map(({ length }) => length));
    // A second has on average 22 of 10,000 attempts at the 30 minute step, and fewer than one at longer steps.
    const mean = SAMPLES / (spread / SECOND);
    expect(largest).toBeLessThanOrEqual(Math.max(3 * mean, 12));
  });
}

it('the shown ranges are exactly those that the samples reach', () => {
  const delays_ms = [0, 1, 500, 5 * SECOND, 12 * SECOND, HOUR];
  const ranges = attemptDelays(delays_ms);
  const spreads = [0, 2 * SECOND, 2 * SECOND, 2 * SECOND, 3 * SECOND, HOUR / 4];
  expect(ranges).toEqual(delays_ms.map((base, at) => ({ min_ms: base, max_ms: base + spreads[at]! })));
  const { roll } = createSeededRandom(7);
  for (const [failures, { min_ms, max_ms }] of ranges.entries()) {
    expect(retryDelay(delays_ms, failures, 0)).toBe(min_ms);
    expect(retryDelay(delays_ms, failures, 1 - Number.EPSILON)).toBe(max_ms);
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const delay = retryDelay(delays_ms, failures, roll())!;
      if (delay < min_ms || delay > max_ms) expect.fail(`${delay} is not from ${min_ms} to ${max_ms}`);
    }
  }
});

it('the schedule of a hook replaces the default, and max_attempts applies to either', () => {
  const own = [0, 10, 20];
  expect(hookDelays({ retry_schedule: null, max_attempts: null }, [0, 1])).toEqual([0, 1]);
  expect(hookDelays({ retry_schedule: null, max_attempts: 3 }, [0, 1])).toEqual([0, 1, 1]);
  expect(hookDelays({ retry_schedule: own, max_attempts: null }, [0, 1])).toEqual(own);
  expect(hookDelays({ retry_schedule: own, max_attempts: 2 }, [0, 1])).toEqual([0, 10]);
  expect(hookDelays({ retry_schedule: own, max_attempts: 5 }, [0, 1])).toEqual([0, 10, 20, 20, 20]);
});

it('the test for even spreading fails for a schedule without jitter', () => {
  const delays = Array.from({ length: SAMPLES }, () => retryDelay(STANDARD_DELAYS_MS, 3, 0)!);
  expect(distanceFromUniform(delays.map((delay) => delay / STANDARD_DELAYS_MS[3]! - 1))).toBeGreaterThan(0.9);
});

it('a delay of 0 has no jitter, and the last delay has no successor', () => {
  expect(retryDelay([0, 0, 5], 1, 0.9)).toBe(0);
  expect(retryDelay([0, 0, 5], 2, 0)).toBe(5);
  expect(retryDelay([0, 0, 5], 3, 0)).toBeNull();
});

it('max_attempts cuts a schedule, or stretches it by its last delay', () => {
  for (const max_attempts of [null, 3]) expect(withMaxAttempts([0, 1, 2], max_attempts)).toEqual([0, 1, 2]);
  expect(withMaxAttempts([0, 1, 2], 1)).toEqual([0]);
  expect(withMaxAttempts([0, 1, 2], 6)).toEqual([0, 1, 2, 2, 2, 2]);
});
