import { LineLimit } from '../delivery/line-limit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log, LogFields } from '../ports/log.ts';

type Write = (message: string, fields?: LogFields) => void;

/** A log for the errors of calls, with at most ten lines per minute, message and code: an overload must not become more. */
export const createErrorLog = (log: Log, clock: Clock): Log => {
  const limit = new LineLimit<{ readonly message: string; readonly code: unknown }>();
  const limited =
    (write: Write): Write =>
    (message, fields = {}) => {
      const now = clock.monotonic();
      for (const { about, count } of limit.ended(now)) log.warn('more calls failed', { ...about, count });
      const { code } = fields;
      if (limit.admits(`${message} ${String(code)}`, { message, code }, now)) write(message, fields);
    };
  return { ...log, warn: limited(log.warn), error: limited(log.error) };
};
