import { DISABLE_WHEN_FAILING, type RetryPolicy } from '../core/retry-schedule.ts';

const MINUTE = 60_000;

/** Immediately, then after 1, 5 and 30 minutes and 2 hours, each counted from the previous failure. */
const FIVE_ATTEMPTS: readonly number[] = [0, MINUTE, 5 * MINUTE, 30 * MINUTE, 120 * MINUTE];

export const fiveAttempts: RetryPolicy = { delays_ms: FIVE_ATTEMPTS, disable: DISABLE_WHEN_FAILING };

/** Five failed attempts of one delivery disable its hook. */
export const fiveAttemptsThenDisable: RetryPolicy = {
  delays_ms: FIVE_ATTEMPTS,
  disable: { when: 'exhausted' },
};
