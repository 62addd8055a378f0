import { performance } from 'node:perf_hooks';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkData, validateSchema } from '../support/schemas.ts';
import { BellwireError } from '../../packages/server/src/core/errors.ts';
import type { Json, JsonObject } from '../../packages/server/src/core/json.ts';

const issuesOf = (schema: JsonObject, data: JsonObject) => checkData(schema, data);
const isValid = (schema: JsonObject, data: JsonObject) => issuesOf(schema, data).length === 0;

type Case = readonly [
  keyword: string,
  schema: JsonObject,
  valid: readonly JsonObject[],
  invalid: readonly JsonObject[],
];

const WITH_IF: JsonObject = {
  if: { properties: { paid: { const: true } }, required: ['paid'] },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: { required: ['paid_at'] },
  else: { required: ['due_at'] },
};
const UNEVALUATED: JsonObject = {
  allOf: [{ properties: { a: { type: 'number' } } }],
  properties: { b: true },
  unevaluatedProperties: false,
};
const OBJECT_NAMES: JsonObject = {
  properties: { constructor: { type: 'string' } },
  dependentRequired: { toString: ['a'] },
};
const RECURSIVE: JsonObject = { properties: { child: { $ref: '#' } }, additionalProperties: false };
const OVERLAPPING: JsonObject = { oneOf: [{ required: ['a'] }, { required: ['b'] }] };
const DEPENDENT: JsonObject = { dependentRequired: { card: ['address'] } };
const PROTO = JSON.parse('{"__proto__":1}') as JsonObject;
const property = (schema: JsonObject): JsonObject => ({ properties: { a: schema } });

// In the first eight, zod's fromJSONSchema throws or is silently wrong.
const CASES: readonly Case[] = [
  ['if/then/else', WITH_IF, [{ paid: true, paid_at: 1 }, { due_at: 1 }], [{ paid: true, due_at: 1 }, {}]],
  ['not', { not: { required: ['secret'] } }, [{}], [{ secret: 1 }]],
  ['dependentRequired', DEPENDENT, [{}, { address: 1 }, { card: 1, address: 1 }], [{ card: 1 }]],
  ['unevaluatedProperties', UNEVALUATED, [{ a: 1, b: 2 }], [{ a: 1, c: 3 }]],
  ['properties without type', property({ type: 'number' }), [{}, { a: 1 }], [{ a: 'x' }]],
  [
    'const with an object',
    property({ const: { x: 1, y: [2] } }),
    [{ a: { y: [2], x: 1 } }],
    [{ a: { x: 1 } }, { a: { x: 1, y: [2], z: 3 } }],
  ],
  ['oneOf whose options overlap', OVERLAPPING, [{ a: 1 }, { b: 1 }], [{ a: 1, b: 1 }, {}]],
  ['default, which is not filled in', { required: ['a'], ...property({ default: 1 }) }, [{ a: 2 }], [{}]],
  [
    'multipleOf with a fraction',
    property({ multipleOf: 0.01 }),
    [{ a: 19.99 }, { a: 0.07 }, { a: 123_456.78 }],
    [{ a: 19.995 }],
  ],
  ['a name that every JavaScript object has', OBJECT_NAMES, [{}, { constructor: 'x' }], [{ constructor: 1 }]],
  ['required with such a name', { required: ['toString'] }, [{ toString: 1 }], [{}]],
  ['additionalProperties with the name __proto__', { additionalProperties: false }, [{}], [PROTO]],
  [
    'a reference to the schema itself',
    RECURSIVE,
    [{ child: { child: {} } }],
    [{ child: { child: { other: 1 } } }],
  ],
  [
    'unknown keywords and formats',
    property({ format: 'cuid', 'x-label': 'A', type: 'string' }),
    [{ a: 'x' }],
    [{ a: 1 }],
  ],
];

const faultyData = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}${'x'.repeat(999)}`, index]));

const fits = (type: string, limit: number, given: Json): boolean =>
  (type === 'integer' && Number.isInteger(given) && (given as number) <= limit) ||
  (type === 'string' && typeof given === 'string' && Array.from(given).length <= limit) ||
  (type === 'boolean' && typeof given === 'boolean');

describe('a check of data against a schema', () => {
  it.each(CASES)('supports %s', (...[, schema, valid, invalid]) => {
    expect(validateSchema(schema)).toEqual([]);
    expect(valid.filter((data) => !isValid(schema, data))).toEqual([]);
    expect(invalid.filter((data) => isValid(schema, data))).toEqual([]);
  });

  it.each([
    ['date-time', '2026-02-28T10:00:00Z', '2026-02-30T10:00:00Z'],
    ['date', '2028-02-29', '2026-02-29'],
    ['email', 'a@example.com', 'a@'],
    ['uuid', 'a0000000-0000-4000-8000-000000000000', 'a0000000'],
    ['uri', 'https://example.com/a', 'example'],
    ['ipv4', '10.0.0.1', '10.0.0.256'],
    ['ipv6', '2001:db8::1', '2001:db8:::1'],
    ['hostname', 'example.com', '-example.com'],
  ])('checks the format %s', (format, right, wrong) => {
    const schema = property({ format });
    expect([isValid(schema, { a: right }), isValid(schema, { a: wrong })]).toEqual([true, false]);
  });

  it('reports each issue with a dotted path and a readable message', () => {
    const schema: JsonObject = {
      properties: {
        order: {
          properties: { total: { type: 'integer' }, state: { enum: ['paid', 'due'] } },
          required: ['id'],
          additionalProperties: false,
        },
        items: { items: { properties: { 'a/b~c': { maxLength: 2 } } } },
      },
    };
    const data = { order: { total: 1.5, state: 'x', extra: 1 }, items: [{}, { 'a/b~c': 'long' }] };
    expect(issuesOf(schema, data)).toEqual([
      { path: 'data.order', message: 'must have the property "id"' },
      { path: 'data.order', message: 'must not have the property "extra"' },
      { path: 'data.order.total', message: 'must be integer' },
      { path: 'data.order.state', message: 'must be one of "paid","due"' },
      { path: 'data.items.1.a/b~c', message: 'must NOT have more than 2 characters' },
    ]);
  });

  it('reports at most 20 issues, each short, for any amount of invalid data', () => {
    const schema: JsonObject = { additionalProperties: { type: 'string' } };
    expect(issuesOf(schema, faultyData(100))).toHaveLength(20);
    // So many issues could fill the memory: only the first is reported.
    expect(issuesOf(schema, faultyData(5000))).toHaveLength(1);
    expect(issuesOf({ ...schema, description: 'x'.repeat(10_000) }, faultyData(1000))).toHaveLength(1);
    for (const { path, message } of issuesOf(schema, faultyData(100))) {
      expect(path.length + message.length).toBeLessThan(450);
    }
  });

  it('reports the same issue once', () => {
    expect(issuesOf({ allOf: [{ required: ['a'] }, { required: ['a'] }] }, {})).toEqual([
      { path: 'data', message: 'must have the property "a"' },
    ]);
  });

  it('never modifies the data', () => {
    const schema: JsonObject = {
      properties: { a: { default: 1 }, b: { type: 'number' }, c: { type: 'object', default: {} } },
      additionalProperties: false,
    };
    const data = { b: '1', extra: [1, { x: null }] };
    const before = structuredClone(data);
    expect(issuesOf(schema, data)).not.toEqual([]);
    expect(data).toEqual(before);
    expect(isValid(schema, Object.freeze({}))).toBe(true);
  });

  it('agrees with a simple oracle', () => {
    const field = fc.record({
      type: fc.constantFrom('integer', 'string', 'boolean'),
      limit: fc.integer({ min: 0, max: 5 }),
      needed: fc.boolean(),
    });
    const value = fc.oneof(
      fc.integer({ min: -2, max: 7 }),
      fc.constantFrom(1.5, null),
      fc.string({ maxLength: 7, unit: 'grapheme' }),
      fc.boolean(),
    );
    const names = fc.constantFrom('a', 'b', 'c');
    fc.assert(
      fc.property(
        fc.dictionary(names, field),
        fc.boolean(),
        fc.array(fc.dictionary(names, value), { minLength: 1 }),
        (fields, closed, inputs) => {
          const entries = Object.entries(fields);
          const schema: JsonObject = {
            properties: Object.fromEntries(
              entries.map(([name, { type, limit }]) => [name, { type, maximum: limit, maxLength: limit }]),
            ),
            required: entries.filter(([, { needed }]) => needed).map(([name]) => name),
            additionalProperties: !closed,
          };
          for (const data of inputs) {
            const expected =
              entries.every(([name, { type, limit, needed }]) =>
                name in data ? fits(type, limit, data[name]!) : !needed,
              ) && Object.keys(data).every((name) => name in fields || !closed);
            expect(isValid(schema, data)).toBe(expected);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the cached schemas of a check', () => {
  it('may share an $id', () => {
    const $id = 'https://example.com/order';
    expect(isValid({ $id, required: ['a'] }, { a: 1 })).toBe(true);
    expect(isValid({ $id, required: ['b'] }, { a: 1 })).toBe(false);
  });

  it('throw schema_invalid when they cannot be compiled, every time', () => {
    for (const _ of [1, 2]) {
      expect(() => issuesOf({ type: 'nothing' }, {})).toThrow(
        expect.toSatisfy((error) => error instanceof BellwireError && error.code === 'schema_invalid'),
      );
    }
  });
});

const issuesSoon = (schema: JsonObject, data: JsonObject) => {
  expect(validateSchema(schema)).toEqual([]);
  const started_at = performance.now();
  const issues = issuesOf(schema, data);
  expect(performance.now() - started_at).toBeLessThan(3000);
  return issues;
};

describe('a check takes bounded time', () => {
  const tooMuch = [{ path: 'data', message: expect.stringContaining('refers to itself too often') }];

  it('for a schema that refers to itself endlessly', () => {
    expect(issuesSoon({ $ref: '#' }, {})).toEqual(tooMuch);
  });

  it('for a schema in which every definition refers to the next one twice', () => {
    const definitions = Array.from({ length: 40 }, (_, index) => [
      `d${index}`,
      { allOf: [{ $ref: `#/$defs/d${index + 1}` }, { $ref: `#/$defs/d${index + 1}` }] },
    ]);
    const schema = { $defs: { ...Object.fromEntries(definitions), d40: {} }, $ref: '#/$defs/d0' };
    expect(issuesSoon(schema, {})).toEqual(tooMuch);
  });

  it('for a tree in which every level is checked twice', () => {
    const twice = { allOf: [{ $ref: '#' }, { $ref: '#' }] };
    let data: JsonObject = {};
    for (let level = 0; level < 60; level += 1) data = { a: data };
    expect(issuesSoon({ properties: { a: twice } }, data)).toEqual(tooMuch);
  });

  it('and accepts a large valid tree', () => {
    const schema: JsonObject = { properties: { items: { items: { $ref: '#' } } } };
    expect(issuesSoon(schema, { items: Array.from({ length: 300_000 }, () => ({})) })).toEqual([]);
  });

  it('when every value violates every part of the schema, and reports the first issue', () => {
    const parts = Array.from({ length: 300 }, () => ({ type: 'string' }));
    const schema: JsonObject = { additionalProperties: { items: { allOf: parts } } };
    for (const length of [1000, 200_000]) {
      expect(issuesSoon(schema, { a: Array.from({ length }, () => 1) })).toEqual([
        { path: 'data.a.0', message: 'must be string' },
      ]);
    }
  });
});
