import { expect, it } from 'vitest';
import { errorGroups } from '../../packages/web/src/pages/webhooks/hook/error-groups.ts';
import { parseData } from '../../packages/web/src/pages/webhooks/hook/parse-data.ts';
import { percentText } from '../../packages/web/src/pages/webhooks/list/percent.ts';
import { matchesHook, stateOfHook } from '../../packages/web/src/pages/webhooks/hook-state.ts';

const failed = (last_outcome: string | null, last_status: number | null = null) =>
  ({ last_outcome, last_status, last_error: `${last_outcome} ${last_status}`, status: 'failed' }) as never;

it('recent errors are grouped by outcome and HTTP status, by falling count', () => {
  const groups = errorGroups([
    failed('timeout'),
    failed('http_status', 503),
    failed('http_status', 401),
    failed('http_status', 503),
    failed('succeeded', 200),
    failed(null),
  ]);
  expect(groups.map(({ outcome, status, count }) => [outcome, status, count])).toEqual([
    ['http_status', 503, 2],
    ['timeout', null, 1],
    ['http_status', 401, 1],
  ]);
});

it('the data of a test event is a JSON object', () => {
  expect(parseData('{"a": 1}')).toEqual({ ok: true, data: { a: 1 } });
  for (const text of ['[]', 'null', '1', '"a"'])
    expect(parseData(text)).toMatchObject({ problem: 'not_object' });
  for (const text of ['', '{', '{a: 1}']) expect(parseData(text)).toMatchObject({ problem: 'not_json' });
});

it('a success rate is never rounded up to 100 %', () => {
  expect([1, 0.99999, 0.9912, 0.5, 0].map(percentText)).toEqual([
    '100 %',
    '99.99 %',
    '99.12 %',
    '50.0 %',
    '0 %',
  ]);
});

it('an active hook with failures is failing, any other keeps its status', () => {
  expect(stateOfHook({ status: 'active', consecutive_failures: 1 })).toBe('failing');
  expect(stateOfHook({ status: 'active', consecutive_failures: 0 })).toBe('active');
  expect(stateOfHook({ status: 'disabled', consecutive_failures: 9 })).toBe('disabled');
});

it('the search finds a hook by a part of its name, URL, id or tenant', () => {
  const hook = {
    id: 'wh_1',
    name: 'Shop API',
    url: 'https://example.com/in',
    tenant: 'northwind',
    status: 'active',
    consecutive_failures: 1,
  } as never;
  const finds = (text: string, status?: string) => matchesHook(hook, { text, status });
  expect(['shop', 'EXAMPLE.com', 'wh_1', 'north', ' '].map((text) => finds(text))).toEqual(
    Array(5).fill(true),
  );
  expect([finds('none'), finds('shop', 'active'), finds('shop', 'failing')]).toEqual([false, false, true]);
});
