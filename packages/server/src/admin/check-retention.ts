import type { Hook } from '../core/hook.ts';
import { scheduleDuration } from '../core/retry-schedule.ts';
import type { Dialect } from '../dialects/dialect.ts';

export interface RetentionCheck {
  readonly retention_ms: number | null;
  /** Overrides every dialect's schedule. */
  readonly retry_delays_ms: readonly number[] | null;
  readonly dialects: ReadonlyMap<string, Dialect>;
  /** The dialects in use, each with the highest `max_attempts` of its hooks. */
  readonly used: readonly Pick<Hook, 'dialect' | 'max_attempts'>[];
}

/**
 * The duration in milliseconds of the longest retry schedule in use if it is longer than the retention, which then cancels
 * deliveries before their last attempt; otherwise null.
 */
export const scheduleBeyondRetention = ({
  retention_ms,
  retry_delays_ms,
  dialects,
  used,
}: RetentionCheck): number | null => {
  if (retention_ms === null) return null;
  const durations = used.flatMap(({ dialect, max_attempts }) => {
    const delays_ms = retry_delays_ms ?? dialects.get(dialect)?.retry.delays_ms ?? [];
    return [scheduleDuration(delays_ms, null), scheduleDuration(delays_ms, max_attempts)];
  });
  const longest = Math.max(0, ...durations);
  return longest > retention_ms ? longest : null;
};
