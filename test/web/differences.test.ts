import { expect, it } from 'vitest';
import { differencesOf, valueText } from '../../packages/web/src/pages/audit/differences.ts';

it('the differences of a change are the fields that it has set, removed or changed', () => {
  expect(differencesOf({ a: 1, b: { c: 1 }, d: 'x' }, { a: 1, b: { c: 2 }, e: true })).toEqual([
    { name: 'b', before: { c: 1 }, after: { c: 2 } },
    { name: 'd', before: 'x', after: undefined },
    { name: 'e', before: undefined, after: true },
  ]);
  expect(differencesOf(null, { a: 'x' })).toEqual([{ name: 'a', before: undefined, after: 'x' }]);
  expect(differencesOf(null, { a: null, b: '', c: {} })).toEqual([]);
  expect(differencesOf({ a: 'x' }, { a: '' })).toHaveLength(1);
  expect(differencesOf(null, null)).toEqual([]);
});

it('a value is one line', () => {
  expect([valueText(null), valueText('x'), valueText(['a']), valueText(0)]).toEqual(['–', 'x', '["a"]', '0']);
});
