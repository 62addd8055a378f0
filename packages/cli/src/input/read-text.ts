import { InvalidArgumentError } from 'commander';

const MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(\d{1,9})([smhd])$/;
const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** @throws InvalidArgumentError */
export const readCount = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Must be a whole number.');
  return Number(text);
};

/** A whole number or `default`. @throws InvalidArgumentError */
export const readCountOrDefault = (text: string): number | 'default' =>
  text === 'default' ? text : readCount(text);

const durationMs = (text: string): number | null => {
  const [, digits, unit = ''] = DURATION.exec(text) ?? [];
  return digits === undefined ? null : Number(digits) * (MS[unit] ?? 0);
};

/** The seconds of a duration like `24h`. @throws InvalidArgumentError */
export const readSeconds = (text: string): number => {
  const ms = durationMs(text);
  if (ms === null) throw new InvalidArgumentError('Must be a duration like 30m, 24h or 7d, or 0s.');
  return ms / 1000;
};

const toIso = (text: string, sign: 1 | -1): string => {
  const ms = durationMs(text);
  const at = ms === null ? new Date(TIME.test(text) ? text : Number.NaN) : new Date(Date.now() + sign * ms);
  if (Number.isNaN(at.getTime())) {
    const duration = sign === 1 ? 'a delay like 30m' : 'an age like 24h';
    throw new InvalidArgumentError(`Must be a time like 2026-11-21T10:30:00Z or 2026-11-21, or ${duration}.`);
  }
  return at.toISOString();
};

/** The ISO 8601 form of `2026-11-21T10:30:00Z`, `2026-11-21` (UTC), or an age like `24h`. @throws InvalidArgumentError */
export const readTime = (text: string): string => toIso(text, -1);

/** Like `readTime`, with a delay like `30m` instead of an age. @throws InvalidArgumentError */
export const readFutureTime = (text: string): string => toIso(text, 1);

/** The items of a comma-separated list. @throws InvalidArgumentError */
export const readList = (text: string): readonly string[] => {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.includes('')) throw new InvalidArgumentError('Must be comma-separated names.');
  return parts;
};
