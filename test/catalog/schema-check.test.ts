import { performance } from 'node:perf_hooks';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { validateSchema } from '../../packages/server/src/catalog/validate-schema.ts';
import { createSchemaCheck } from '../../packages/server/src/catalog/schema-check.ts';
import { BellwireError } from '../../packages/server/src/core/errors.ts';
import type { Json, JsonObject } from '../../packages/server/src/core/json.ts';

const check = createSchemaCheck();
const issuesOf = (schema: JsonObject, data: JsonObject) => check(schema, JSON.stringify(schema), data);
const isValid = (schema: JsonObject, data: JsonObject) => issuesOf(schema, data).length === 0;

interface Case {
  readonly keyword: string;
  readonly schema: JsonObject;
  readonly valid: readonly JsonObject[];
  readonly invalid: readonly JsonObject[];
}

// The first eight are those in which zod's fromJSONSchema throws or is silently wrong.
const CASES: readonly Case[] = [
  {
    keyword: 'if/then/else',
    schema: {
      if: { properties: { paid: { const: true } }, required: ['paid'] },
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
      then: { required: ['paid_at'] },
      else: { required: ['due_at'] },
    },
    valid: [{ paid: true, paid_at: 1 }, { due_at: 1 }],
    invalid: [{ paid: true, due_at: 1 }, {}],
  },
  { keyword: 'not', schema: { not: { required: ['secret'] } }, valid: [{}], invalid: [{ secret: 1 }] },
  {
    keyword: 'dependentRequired',
    schema: { dependentRequired: { card: ['address'] } },
    valid: [{}, { address: 1 }, { card: 1, address: 1 }],
    invalid: [{ card: 1 }],
  },
  {
    keyword: 'unevaluatedProperties',
    schema: {
      allOf: [{ properties: { a: { type: 'number' } } }],
      properties: { b: true },
      unevaluatedProperties: false,
    },
    valid: [{ a: 1, b: 2 }],
    invalid: [{ a: 1, c: 3 }],
  },
  {
    keyword: 'properties without type',
    schema: { properties: { a: { type: 'number' } } },
    valid: [{}, { a: 1 }],
    invalid: [{ a: 'x' }],
  },
  {
    keyword: 'const with an object',
    schema: { properties: { a: { const: { x: 1, y: [2] } } } },
    valid: [{ a: { y: [2], x: 1 } }],
    invalid: [{ a: { x: 1 } }, { a: { x: 1, y: [2], z: 3 } }],
  },
  {
    keyword: 'oneOf whose options overlap',
    schema: { oneOf: [{ required: ['a'] }, { required: ['b'] }] },
    valid: [{ a: 1 }, { b: 1 }],
    invalid: [{ a: 1, b: 1 }, {}],
  },
  {
    keyword: 'default (which is not filled in)',
    schema: { required: ['a'], properties: { a: { default: 1 } } },
    valid: [{ a: 2 }],
    invalid: [{}],
  },
  {
    keyword: 'multipleOf with a fraction',
    schema: { properties: { a: { multipleOf: 0.01 } } },
    valid: [{ a: 19.99 }, { a: 0.07 }, { a: 123_456.78 }],
    invalid: [{ a: 19.995 }],
  },
  {
    keyword: 'a name that every JavaScript object has',
    schema: { properties: { constructor: { type: 'string' } }, dependentRequired: { toString: ['a'] } },
    valid: [{}, { constructor: 'x' }],
    invalid: [{ constructor: 1 }],
  },
  {
    keyword: 'required with a name that every JavaScript object has',
    schema: { required: ['toString'] },
    valid: [{ toString: 1 }],
    invalid: [{}],
  },
  {
    keyword: 'additionalProperties with the name __proto__',
    schema: { additionalProperties: false },
    valid: [{}],
    invalid: [JSON.parse('{"__proto__":1}') as JsonObject],
  },
  {
    keyword: 'a reference to the schema itself',
    schema: { properties: { child: { $ref: '#' } }, additionalProperties: false },
    valid: [{ child: { child: {} } }],
    invalid: [{ child: { child: { other: 1 } } }],
  },
  {
    keyword: 'keywords and formats that nobody knows',
    schema: { properties: { a: { format: 'cuid', 'x-label': 'A', type: 'string' } } },
    valid: [{ a: 'x' }],
    invalid: [{ a: 1 }],
  },
];

const faultyData = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}${'x'.repeat(999)}`, index]));

const fits = (type: string, limit: number, given: Json): boolean =>
  (type === 'integer' && Number.isInteger(given) && (given as number) <= limit) ||
  (type === 'string' && typeof given === 'string' && Array.from(given).length <= limit) ||
  (type === 'boolean' && typeof given === 'boolean');

describe('a check of data against a schema', () => {
  it.each(CASES)('is right about $keyword', ({ schema, valid, invalid }) => {
    expect(validateSchema(schema)).toEqual([]);
    expect(valid.map((data) => isValid(schema, data))).toEqual(valid.map(() => true));
    expect(invalid.map((data) => isValid(schema, data))).toEqual(invalid.map(() => false));
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
  ])('knows the format %s', (format, right, wrong) => {
    const schema = { properties: { a: { format } } };
    expect([isValid(schema, { a: right }), isValid(schema, { a: wrong })]).toEqual([true, false]);
  });

  it('names every place that is wrong as a dotted path and says for people what is wrong there', () => {
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

  it('tells at most 20 issues, each short, however much is wrong', () => {
    const schema: JsonObject = { additionalProperties: { type: 'string' } };
    expect(issuesOf(schema, faultyData(100))).toHaveLength(20);
    // So many that collecting them could fill the memory: only the first is told.
    expect(issuesOf(schema, faultyData(5000))).toHaveLength(1);
    expect(issuesOf({ ...schema, description: 'x'.repeat(10_000) }, faultyData(1000))).toHaveLength(1);
    for (const { path, message } of issuesOf(schema, faultyData(100))) {
      expect(path.length + message.length).toBeLessThan(450);
    }
  });

  it('tells the same issue once', () => {
    expect(issuesOf({ allOf: [{ required: ['a'] }, { required: ['a'] }] }, {})).toEqual([
      { path: 'data', message: 'must have the property "a"' },
    ]);
  });

  it('never changes the data', () => {
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

describe('the schemas that a check keeps', () => {
  it('are found by their text, so that one is compiled once', () => {
    const own = createSchemaCheck();
    own({ required: ['a'] }, 'one text', {});
    expect(own({}, 'one text', {})).toHaveLength(1);
    expect(own({}, 'another text', {})).toEqual([]);
  });

  it('are 500 in a check, so that the oldest of 501 is compiled again', () => {
    const own = createSchemaCheck();
    const strict: JsonObject = { required: ['a'] };
    for (let index = 0; index < 500; index += 1) own(strict, `${index}`, {});
    expect(own({}, '0', {})).toHaveLength(1);
    own(strict, '500', {});
    expect(own({}, '0', {})).toHaveLength(1);
    expect(own({}, '1', {})).toEqual([]);
  });

  it('may have the same $id as others', () => {
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

const soon = (schema: JsonObject, data: JsonObject) => {
  expect(validateSchema(schema)).toEqual([]);
  const started_at = performance.now();
  const issues = issuesOf(schema, data);
  expect(performance.now() - started_at).toBeLessThan(3000);
  return issues;
};

describe('a check ends soon', () => {
  const tooMuch = [{ path: 'data', message: expect.stringContaining('refers to itself too often') }];

  it('for a schema that refers to itself without end', () => {
    expect(soon({ $ref: '#' }, {})).toEqual(tooMuch);
  });

  it('for a schema in which every definition refers to the next one twice', () => {
    const definitions = Array.from({ length: 40 }, (_, index) => [
      `d${index}`,
      { allOf: [{ $ref: `#/$defs/d${index + 1}` }, { $ref: `#/$defs/d${index + 1}` }] },
    ]);
    const schema = { $defs: { ...Object.fromEntries(definitions), d40: {} }, $ref: '#/$defs/d0' };
    expect(soon(schema, {})).toEqual(tooMuch);
  });

  it('for a tree of which every level is checked twice', () => {
    const twice = { allOf: [{ $ref: '#' }, { $ref: '#' }] };
    let data: JsonObject = {};
    for (let level = 0; level < 60; level += 1) data = { a: data };
    expect(soon({ properties: { a: twice } }, data)).toEqual(tooMuch);
  });

  it('without a complaint about a large honest tree', () => {
    const schema: JsonObject = { properties: { items: { items: { $ref: '#' } } } };
    expect(soon(schema, { items: Array.from({ length: 300_000 }, () => ({})) })).toEqual([]);
  });

  it('when every value violates every part of the schema, and tells the first', () => {
    const parts = Array.from({ length: 300 }, () => ({ type: 'string' }));
    const schema: JsonObject = { additionalProperties: { items: { allOf: parts } } };
    for (const length of [1000, 200_000]) {
      expect(soon(schema, { a: Array.from({ length }, () => 1) })).toEqual([
        { path: 'data.a.0', message: 'must be string' },
      ]);
    }
  });
});
