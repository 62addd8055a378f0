import { fixedText, locale } from './locale.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `31 ms`, `10.0 s`, `2 min`. */
export const durationText = (ms: number): string => {
  if (ms < 1) return '< 1 ms';
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${fixedText(ms / SECOND, 1)} s`;
  return longText(ms);
};

const twoParts = (ms: number, unit: number, names: readonly [string, string]): string => {
  const part = unit === DAY ? HOUR : unit === HOUR ? MINUTE : SECOND;
  const rest = Math.floor((ms % unit) / part);
  return rest === 0
    ? `${Math.floor(ms / unit)} ${names[0]}`
    : `${Math.floor(ms / unit)} ${names[0]} ${rest} ${names[1]}`;
};

/** `3 min 40 s`, `2 h 5 min`, `1 d 3 h`. */
export const longText = (ms: number): string => {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return twoParts(ms, MINUTE, ['min', 's']);
  if (ms < DAY) return twoParts(ms, HOUR, ['h', 'min']);
  return twoParts(ms, DAY, ['d', 'h']);
};

/** One unit only, for lists: `4 s`, `12 min`, `3 h`, `2 d`. A clock that is ahead counts as now. */
export const agoText = (ms: number): string => {
  if (ms < SECOND) return locale().now;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
};

export const untilText = (ms: number): string => (ms <= 0 ? locale().now : longText(ms));

/** The local time with its zone, and the same in UTC. */
export const exactTime = (at: string): string => {
  const date = new Date(at);
  const local = date.toLocaleString(locale().times, { dateStyle: 'medium', timeStyle: 'long' });
  return `${local}\n${at}`;
};
