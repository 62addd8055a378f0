import { expect, it } from 'vitest';
import { statsRange } from '../../packages/server/src/core/stats-range.ts';

const NOW = Date.parse('2026-11-21T10:30:20Z');
const at = (text: string): number => Date.parse(text);
const shown = (query: Parameters<typeof statsRange>[0]) => {
  const { from, to, step_ms } = statsRange(query, NOW);
  return [
    new Date(from).toISOString().slice(0, 16),
    new Date(to).toISOString().slice(0, 16),
    step_ms / 60_000,
  ];
};

it('by default, it is the last 24 hours by the hour', () => {
  expect(shown({})).toEqual(['2026-11-20T10:00', '2026-11-21T11:00', 60]);
});

it.each([
  ['2026-11-21T09:00:00Z', ['2026-11-21T09:00', '2026-11-21T10:31', 1]],
  ['2026-11-10T09:00:00Z', ['2026-11-10T09:00', '2026-11-21T11:00', 60]],
  ['2026-10-21T09:00:00Z', ['2026-10-21T00:00', '2026-11-22T00:00', 1440]],
])('the step follows the range from %s', (from, expected) => {
  expect(shown({ from: at(from) })).toEqual(expected);
});

it('minutes of two hours that are no longer kept are hours', () => {
  const range = { from: at('2026-11-10T09:00:00Z'), to: at('2026-11-10T10:00:00Z') };
  expect(shown(range)).toEqual(['2026-11-10T09:00', '2026-11-10T10:00', 60]);
});

it('a range is extended to whole steps since 1970', () => {
  expect(shown({ from: at('2026-11-21T09:07:00Z'), step: '15m' })).toEqual([
    '2026-11-21T09:00',
    '2026-11-21T10:45',
    15,
  ]);
  expect(shown({ step: '90m' })[2]).toBe(90);
});

it.each([
  [{ from: NOW }, /^from: must be before/],
  [{ from: NOW - 401 * 86_400_000 }, /^from: must be at most 400 days/],
  [{ step: '1m' }, /^step: would return 1,441 buckets; at most 1,000 are possible\. Use `5m`/],
  [{ from: NOW - 300 * 86_400_000, step: '1h' }, /^step: would return 7,201 buckets; .* Use `1d`/],
  [{ from: NOW - 50 * 3_600_000, step: '5m' }, /^step: must be a number of hours or days, .* Use `1h`/],
])('%j is refused with what to do', (query, message) => {
  expect(() => statsRange(query, NOW)).toThrow(message);
});

it('the suggested step is possible', () => {
  expect(shown({ step: '5m' })).toEqual(['2026-11-20T10:30', '2026-11-21T10:35', 5]);
  expect(() => shown({ from: NOW - 300 * 86_400_000, step: '1d' })).not.toThrow();
});
