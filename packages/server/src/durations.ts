import { z } from 'zod';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(\d{1,9})(ms|s|m|h|d)?$/;

/** Milliseconds of a text like `500ms`, `10s`, `5m`, `2h`, `30d` or `0`; null when it is none. */
const parseDuration = (text: string): number | null => {
  const [, digits, unit] = DURATION.exec(text.trim()) ?? [];
  if (digits === undefined) return null;
  // A number without a unit could be anything, but zero is zero.
  if (unit === undefined) return Number(digits) === 0 ? 0 : null;
  return Number(digits) * (UNITS[unit] ?? 0);
};

const duration = z.string().transform((text, context) => {
  const parsed = parseDuration(text);
  if (parsed !== null) return parsed;
  context.addIssue(`"${text}" is not a duration like 500ms, 10s, 5m, 2h or 30d`);
  return z.NEVER;
});

/** A duration in milliseconds, within bounds that are written like it. */
export const durationMs = (least: string, most: string) => {
  const rule = `must be from ${least} to ${most}`;
  return duration.pipe(
    z
      .int()
      .min(parseDuration(least) ?? 0, rule)
      .max(parseDuration(most) ?? 0, rule),
  );
};

/** Delays in milliseconds, of a text like `0,1m,5m`: the first attempt is made at once. */
export const retrySchedule = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(duration).min(1).max(50))
  .refine((delays) => delays[0] === 0, 'must begin with 0: the first attempt is made at once');
