import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson, isJsonObject, type Json } from '../../packages/server/src/core/json.ts';

const parse = (text: string): unknown => JSON.parse(text);

const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'binary' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

const reversed = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(reversed);
  if (!isJsonObject(value)) return value;
  const entries = Object.keys(value).toReversed();
  return Object.fromEntries(entries.map((key) => [key, reversed(value[key] ?? null)]));
};

it('canonical JSON does not depend on the order of keys, at any depth', () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
    }),
    { seed: 1 },
  );
  const sorted = '{"a":4,"b":{"c":3,"d":[{"e":2,"f":1}]}}';
  expect(canonicalJson({ b: { d: [{ f: 1, e: 2 }], c: 3 }, a: 4 })).toBe(sorted);
});

it('canonical JSON parses to the same value', () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(parse(canonicalJson(value))).toEqual(parse(JSON.stringify(value)));
    }),
    { seed: 2 },
  );
});

it('different values have different canonical JSON', () => {
  const values: Json[] = [null, false, 0, '', '0', 'null', { a: null }, { a: [] }, { '': '' }];
  const containers: Json[] = [[], {}, [[]], [{}], [0], [null], ['a']];
  expect(new Set([...values, ...containers].map(canonicalJson)).size).toBe(16);
  expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
});

it('__proto__ is an ordinary key', () => {
  const value = parse('{"__proto__": {"a": 1}, "b": 2}');
  if (!isJsonObject(value)) throw new Error('not an object');
  expect(canonicalJson(value)).toBe('{"__proto__":{"a":1},"b":2}');
});

it('only an object is a JSON object', () => {
  expect([{}, { a: 1 }, null, [], 'a', 1, undefined].filter(isJsonObject)).toEqual([{}, { a: 1 }]);
});
