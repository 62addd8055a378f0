import type { Hook } from '../core/hook.ts';
import { type HookSchedule, scheduleDuration } from '../core/retry-schedule.ts';
import type { Dialect } from '../dialects/dialect.ts';

export interface RetentionCheck {
  readonly retention_ms: number | null;
  /** Overrides every dialect's schedule; a hook's own takes precedence. */
  readonly retry_delays_ms: readonly number[] | null;
  readonly dialects: ReadonlyMap<string, Dialect>;
  /** The schedules in use, each with the highest `max_attempts` of its hooks. */
  readonly used: readonly (Pick<Hook, 'dialect'> & HookSchedule)[];
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
  const durations = used.flatMap(({ dialect, max_attempts, retry_schedule }) => {
    const delays_ms = retry_schedule ?? retry_delays_ms ?? dialects.get(dialect)?.retry.delays_ms ?? [];
    return [scheduleDuration(delays_ms, null), scheduleDuration(delays_ms, max_attempts)];
  });
  const longest = Math.max(0, ...durations);
  return longest > retention_ms ? longest : null;
};
