import { RETRY_AFTER_MAX_MS } from './retry-schedule.ts';

const SECONDS = /^\d{1,10}$/;

/**
 * The wait that a `Retry-After` header asks for (RFC 9110, 10.2.3), in milliseconds from `now`, at most a day.
 * Null where there is none, or where it is neither whole seconds nor an HTTP date.
 */
export const parseRetryAfter = (header: string | undefined, now: number): number | null => {
  if (header === undefined || header.length > 64) return null;
  const text = header.trim();
  const wait = SECONDS.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  // Date.parse reads far more than HTTP dates; those name a day and end in GMT.
  if (!SECONDS.test(text) && !/^[A-Z][a-z]{2,8},? .* (GMT|\d{4})$/.test(text)) return null;
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), RETRY_AFTER_MAX_MS);
};
