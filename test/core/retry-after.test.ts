import { expect, it, onTestFinished, vi } from 'vitest';
import { parseRetryAfter } from '../../packages/server/src/core/retry-after.ts';
import { words } from '../support/words.ts';

const NOW = Date.UTC(1994, 10, 6, 8, 49, 30);
const DAY = 86_400_000;

/** The three forms of an HTTP date (RFC 9110, 5.6.7), all seven seconds after NOW. */
const dates = ['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'];

it.each([
  ['0', 0],
  ['1', 1_000],
  [' 120 ', 120_000],
  ['007', 7_000],
  ['86400', DAY],
  ['86401', DAY],
  ['9999999999', DAY],
  ...dates.map((date) => [date, 7_000] as const),
  ['Sun, 06 Nov 1994 08:49:30 GMT', 0],
  ['Sat, 05 Nov 1994 08:49:37 GMT', 0],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['Mon, 07 Nov 1994 08:49:30 GMT', DAY],
  ['Fri, 31 Dec 2099 23:59:59 GMT', DAY],
] as const)('%j is a wait of %i ms', (header, wait) => {
  expect(parseRetryAfter(header, NOW)).toBe(wait);
});

it.each([
  ...words`-1 +5 1.5 1e3 0x10 99999999999 abc soon Infinity NaN 120s ٣ 1994-11-06T08:49:37Z`,
  ...'| |1 2|5, 5|06 Nov 1994|Nov 1994|Try again in 2099|Wait until 9999'.split('|'),
  'Xyz, 99 Abc 1994 08:49:37 GMT',
  'Sun, 06 Nov 1994 25:61:61 GMT',
  '1'.repeat(10_240),
  `${'a'.repeat(10_240)} GMT`,
  undefined,
])('no wait is read from %j', (header) => {
  expect(parseRetryAfter(header, NOW)).toBeNull();
});

it.each([
  ['UTC', 0],
  ['America/New_York', 300],
  ['Asia/Kolkata', -330],
])('a date means the same in the time zone %s of the server', (zone, offset) => {
  vi.stubEnv('TZ', zone);
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(new Date(NOW).getTimezoneOffset()).toBe(offset);
  expect(dates.map((date) => parseRetryAfter(date, NOW))).toEqual([7_000, 7_000, 7_000]);
});
