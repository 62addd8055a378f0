import { describe, expect, it } from 'vitest';
import {
  compileFilter,
  type FilteredEvent,
  storedFilter,
} from '../../../packages/server/src/core/filter/compile-filter.ts';
import type { JsonObject } from '../../../packages/server/src/core/json.ts';

const DATA = {
  order: { total: 120.5, status: 'paid', currency: 'EUR', coupon: null, is_gift: true, at: '2026-11-22' },
  tags: ['vip', 7, null],
  items: [{ sku: 'A-1' }, { sku: 'B-2' }],
  'first name': 'Ada',
  'line-items': 2,
  in: 'Berlin',
};

const eventOf = (data: JsonObject, rest: Partial<FilteredEvent> = {}): FilteredEvent => ({
  type: 'order.paid',
  tenant: 'cus_42',
  data,
  previous_data: { order: { status: 'open' } },
  metadata: { region: 'eu' },
  ...rest,
});

const verdict = (text: string, event = eventOf(DATA)) => {
  const compiled = compileFilter(text);
  if (!compiled.ok) throw new Error(`${text}: ${compiled.problem.message}`);
  return compiled.filter.evaluate(event).verdict;
};

const problem = (text: string) => {
  const compiled = compileFilter(text);
  return compiled.ok ? null : compiled.problem;
};

describe('a filter', () => {
  it.each([
    'order.total >= 100 and order.status in ("paid", "open")',
    'order.total > 120.4 and order.total < 121 and order.total <= 120.5 and order.total != 120',
    "order.status == 'paid'",
    'order.coupon == null and exists order.coupon and not exists order.discount',
    'order.is_gift == true',
    'order.at >= "2026-11-01" and order.at < "2026-12-01"',
    'tags contains "vip" and tags contains 7 and tags contains null and not tags contains "new"',
    'order.currency starts_with "E" and order.currency ends_with "R"',
    'order.status not in ("draft", "canceled", 5, null)',
    'items[1].sku == "B-2" and items[0]["sku"] == "A-1" and not exists items[2]',
    '["first name"] == "Ada" and line-items == 2 and ["in"] == "Berlin"',
    '$type == "order.paid" and $tenant == "cus_42" and $metadata.region == "eu"',
    'order.status != $previous_data.order.status',
    'order.total == 1 or order.total == 120.5 and order.status == "paid"',
    '(order.total == 120.5 or order.total == 1) and not (order.status == "open")',
  ])('matches: %s', (text) => {
    expect(verdict(text)).toBe('match');
  });

  it.each([
    ['a text is not a number', 'order.total == "120.5"'],
    ['a number is not a text', 'order.status > 5'],
    ['a text has no order with a number', 'order.total < "999"'],
    ['a missing field equals nothing', 'order.none == null'],
    ['a missing field has no order', 'order.none < 5 or order.none >= 5'],
    ['null has no order', 'order.coupon < 5'],
    ['a field below a text is missing', 'order.status.length == 4'],
    ['an object equals nothing, not even itself', 'order == order'],
    ['an array has no named fields', 'tags.length == 3'],
    ['a text contains nothing', 'order.status contains "p"'],
    ['a number starts with nothing', 'order.total starts_with "1"'],
    ['an object is in no list', 'order in ("paid")'],
    ['and binds before or', 'order.total == 1 and order.total == 1 or order.status == "open"'],
  ])('does not match where %s', (_, text) => {
    expect(verdict(text)).toBe('no_match');
  });

  it('treats != as the opposite of ==, for missing fields and other types too', () => {
    expect(verdict('order.none != "paid" and order.total != "120.5" and order != 1')).toBe('match');
  });

  it('reads own properties only', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
      expect(verdict(`exists ${name} or exists order.${name} or exists tags.${name}`)).toBe('no_match');
    expect(verdict('exists order.constructor.name or exists tags.length')).toBe('no_match');
    const own = JSON.parse('{"__proto__": {"admin": true}}') as JsonObject;
    expect(verdict('__proto__.admin == true', eventOf(own))).toBe('match');
    expect(verdict('admin == true', eventOf(own))).toBe('no_match');
  });

  it('without previous data or metadata finds nothing there', () => {
    const event = eventOf(DATA, { previous_data: null, metadata: null, tenant: null });
    expect(verdict('exists $previous_data.order or exists $metadata.region', event)).toBe('no_match');
    expect(verdict('$tenant == null', event)).toBe('match');
  });
});

const bytes = (count: number) => `a == "${'é'.repeat(count)}"`;

const tests = (count: number) => Array.from({ length: count }, () => 'a == 1').join(' or ');

const nested = (levels: number) => `${'('.repeat(levels)}a == 1${')'.repeat(levels)}`;

describe('a text that is not a filter', () => {
  it.each([
    ['', 'is empty; use null for no filter', null],
    ['order.total', 'expected an operator after order.total, not the end: ', 11],
    ['order.total = 5', '= is not part of the filter language; write == to compare', 12],
    ['a == 1 && b == 2', '& is not part of the filter language; write and', 7],
    ['a == "open', 'this text has no closing quote', 5],
    ['a =~ /x/', '= is not part', 2],
    ['a == /x/', 'regular expressions are not supported', 5],
    ['5 == a', 'expected a field such as order.total, not 5', 0],
    ['a == 1 b == 2', 'expected and, or, or the end, not b', 7],
    ['(a == 1', 'expected ), not the end', 7],
    ['a in "x"', 'expected (, not "x"', 5],
    ['a in ()', 'expected a text in quotes, a number, true, false or null, not )', 6],
    ['a starts_with 5', 'starts_with is followed by a text', 14],
    ['a < true', '< compares numbers or texts, not true', 4],
    ['a == 12345678901234567890', 'has no exact value in JavaScript', 5],
    ['$data2 == 1', '$data2 does not exist: use $data, $previous_data, $type', 0],
    ['$metadata == "x"', '$metadata.key reads one key', 0],
    ['a[-1] == 1', 'expected a name in quotes or an index from 0', 2],
    ['a.b. == 1', 'expected the name of a field after the dot, not ==', 5],
    ['a == "\\x"', 'is not a JSON string', 5],
    ['alert(1)', 'expected an operator after alert, not (', 5],
  ])('%s: the message names the place', (text, message, at) => {
    expect(problem(text)).toMatchObject({ message: expect.stringContaining(message) as string, at });
  });

  it('is longer than 1 KiB, has more than 50 operators, or is nested deeper than 16 levels', () => {
    expect(problem(bytes(508))).toBeNull();
    expect(problem(bytes(509))).toEqual({ message: 'is longer than 1024 bytes', at: null });
    expect(problem(`not ${tests(25)}`)).toBeNull();
    expect(problem(`not not ${tests(25)}`)?.message).toBe('has more than 50 operators');
    expect(problem(nested(15))).toBeNull();
    expect(problem(nested(16))?.message).toBe('is nested deeper than 16 levels');
    expect(problem('('.repeat(1_000))?.message).toBe('is nested deeper than 16 levels');
  });

  it('never filters out when it is stored', () => {
    expect(storedFilter('order.total =').evaluate(eventOf(DATA)).verdict).toBe('failed');
  });
});
