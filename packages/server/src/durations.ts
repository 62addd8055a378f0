import { z } from 'zod';
import { parseDuration } from './core/durations.ts';

const duration = z.string().transform((text, context) => {
  const parsed = parseDuration(text);
  if (parsed !== null) return parsed;
  context.addIssue(`"${text}" is not a duration such as 500ms, 10s, 5m, 2h or 30d`);
  return z.NEVER;
});

/** A duration in milliseconds within bounds, which are written as durations too. */
export const durationMs = (min: string, max: string) => {
  const rule = `must be from ${min} to ${max}`;
  return duration.pipe(
    z
      .int()
      .min(parseDuration(min) ?? 0, rule)
      .max(parseDuration(max) ?? 0, rule),
  );
};

/** Delays in milliseconds from a text such as `0,1m,5m`. The first is 0: the first attempt is immediate. */
export const retrySchedule = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(duration).min(1).max(50))
  .refine((delays) => delays[0] === 0, 'must begin with 0: the first attempt is immediate');
