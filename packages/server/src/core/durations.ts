const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^(\d{1,9})(ms|s|m|h|d)?$/;

const isUnit = (unit: string): unit is keyof typeof UNITS => Object.hasOwn(UNITS, unit);

/** The milliseconds of a duration such as `500ms`, `10s`, `5m`, `2h`, `30d` or `0`; null if it is malformed. */
export const parseDuration = (text: string): number | null => {
  const [, digits, unit] = DURATION.exec(text.trim()) ?? [];
  if (digits === undefined) return null;
  // Only zero needs no unit.
  if (unit === undefined) return Number(digits) === 0 ? 0 : null;
  return isUnit(unit) ? Number(digits) * UNITS[unit] : null;
};

/** Writes milliseconds in the largest unit up to hours that needs no fraction: `0s`, `90s`, `5m`, `24h`. */
export const formatDuration = (ms: number): string => {
  if (ms === 0) return '0s';
  const unit = (['h', 'm', 's'] as const).find((each) => ms % UNITS[each] === 0) ?? 'ms';
  return `${ms / UNITS[unit]}${unit}`;
};
