import { expect, it } from 'vitest';
import { disabledReason, type FailedHook, type Failure } from '../../packages/server/src/core/hook-health.ts';
import { hookStatuses } from '../../packages/server/src/core/hook.ts';
import { DISABLE_WHEN_FAILING, STANDARD_DELAYS_MS } from '../../packages/server/src/core/retry-schedule.ts';

const NOW = 1_000_000_000;
const DAY = 86_400_000;

const hook = (differences: Partial<FailedHook> = {}): FailedHook => ({
  status: 'active',
  consecutive_failures: 1,
  failing_since: NOW,
  ...differences,
});

const failure = (differences: Partial<Failure> = {}): Failure => ({
  outcome: { kind: 'http_status', status: 500 },
  policy: { delays_ms: STANDARD_DELAYS_MS, disable: DISABLE_WHEN_FAILING },
  failure_reason: null,
  now: NOW,
  ...differences,
});

it('the failure that uses up the schedule disables the hook under that policy, and no other failure does', () => {
  const policy = { delays_ms: [0, 10], disable: { when: 'exhausted' } } as const;
  expect(disabledReason(hook(), failure({ policy, failure_reason: 'exhausted' }))).toBe('attempts_exhausted');
  for (const failure_reason of [null, 'address_blocked', 'single_attempt'] as const) {
    expect(disabledReason(hook(), failure({ policy, failure_reason }))).toBeNull();
  }
  expect(disabledReason(hook(), failure({ failure_reason: 'exhausted' }))).toBeNull();
});

it('five days of at least twenty failures disable a hook, to the millisecond and the failure', () => {
  for (const [consecutive_failures, failing_for, reason] of [
    [20, 5 * DAY, 'failing'],
    [19, 5 * DAY, null],
    [20, 5 * DAY - 1, null],
    [500, 9 * DAY, 'failing'],
  ] as const) {
    const failed = hook({ consecutive_failures, failing_since: NOW - failing_for });
    expect(disabledReason(failed, failure())).toBe(reason);
  }
});

it('a 410 disables an active hook at once, and a hook that is not active is never disabled', () => {
  const outcome = { kind: 'http_status', status: 410 } as const;
  for (const status of hookStatuses) {
    const reason = status === 'active' ? 'gone_410' : null;
    expect(disabledReason(hook({ status }), failure({ outcome }))).toBe(reason);
  }
});
