import addFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it, test } from 'vitest';
import { createSampleData } from '../../packages/server/src/catalog/sample-data.ts';
import type { Json, JsonObject } from '../../packages/server/src/core/json.ts';

/** An object with these properties, all of them required. */
const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more,
});
const text = (more: JsonObject): JsonObject => ({ type: 'string', ...more });
const list = (more: JsonObject): JsonObject => ({ type: 'array', ...more });
const integer = (more: JsonObject = {}): JsonObject => ({ type: 'integer', ...more });

const FORMATS =
  'date date-time duration email hostname ipv4 ipv6 json-pointer regex relative-json-pointer time uri uri-reference uri-template uuid';

const node = { value: integer(), children: list({ items: { $ref: '#/$defs/Node' } }) };

const schemas: Readonly<Record<string, JsonObject>> = {
  formats: object(Object.fromEntries(FORMATS.split(' ').map((format) => [format, text({ format })]))),
  patterns: object({
    id: text({ pattern: '^ord_[a-z0-9]{8,12}$' }),
    month: text({ pattern: String.raw`^\d{4}-\d{2}$` }),
    currency: text({ pattern: '^(EUR|USD|GBP)$' }),
    inside: text({ pattern: '[A-Z]{3}' }),
    negated: text({ pattern: String.raw`^[^\s@]+@[^\s@]+$` }),
  }),
  lengths: object({
    a: text({ minLength: 30 }),
    b: text({ maxLength: 1 }),
    c: text({ minLength: 3, maxLength: 3 }),
  }),
  'integer bounds': object({
    a: integer({ minimum: 10, maximum: 12 }),
    b: integer({ exclusiveMinimum: 5, exclusiveMaximum: 7 }),
    c: integer({ maximum: -3 }),
    d: integer({ minimum: 1.5 }),
  }),
  'number bounds': object({
    a: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 },
    b: { type: 'number', minimum: 0.5, maximum: 0.6 },
  }),
  multiples: object({
    a: integer({ multipleOf: 7, minimum: 10 }),
    b: { type: 'number', multipleOf: 0.01, minimum: 1.005 },
    c: integer({ multipleOf: 5, maximum: -7 }),
    d: integer({ multipleOf: 5, exclusiveMinimum: 10 }),
  }),
  'fixed values': object({
    a: { const: null },
    b: { enum: [null, 1] },
    c: { type: ['null', 'integer'] },
    d: {},
    e: true,
  }),
  arrays: object({
    a: list({ items: integer(), minItems: 3, uniqueItems: true }),
    b: list({ maxItems: 0 }),
    c: list({ contains: { const: 5 }, items: integer() }),
    d: list({ prefixItems: [text({}), integer()], items: false }),
  }),
  'no keywords': {},
  'several types': { type: ['null', 'object'], properties: { a: integer() }, required: ['a'] },
  'required without properties': { type: 'object', required: ['a', 'b'] },
  'additional properties': {
    type: 'object',
    required: ['a'],
    minProperties: 2,
    additionalProperties: integer({ minimum: 9 }),
  },
  'pattern properties': {
    type: 'object',
    required: ['x_a'],
    patternProperties: { '^x_': integer() },
    additionalProperties: false,
  },
  allOf: {
    allOf: [
      { type: 'object', properties: { a: integer({ minimum: 3 }) }, required: ['a'] },
      { properties: { a: { maximum: 4 }, b: { allOf: [text({ minLength: 8 }), { maxLength: 9 }] } } },
    ],
  },
  anyOf: { type: 'object', anyOf: [object({ x: integer() }), object({ y: text({}) })] },
  oneOf: {
    oneOf: [
      object({ kind: { const: 'card' }, last4: text({ pattern: '^[0-9]{4}$' }) }),
      object({ kind: { const: 'iban' }, iban: text({}) }),
    ],
  },
  'oneOf by required': {
    type: 'object',
    properties: { a: text({}), b: integer() },
    oneOf: [{ required: ['a'] }, { required: ['b'] }],
  },
  not: {
    type: 'object',
    properties: { a: text({}), b: text({}) },
    required: ['b'],
    not: { required: ['a'] },
  },
  'if and then': {
    type: 'object',
    properties: { country: { const: 'US' } },
    required: ['country'],
    if: { properties: { country: { const: 'US' } } },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: { properties: { zip: text({ pattern: '^[0-9]{5}$' }) }, required: ['zip'] },
  },
  'dependent properties': {
    type: 'object',
    properties: { card: text({}) },
    required: ['card'],
    dependentRequired: { card: ['cvc'] },
  },
  'optional recursion': {
    ...object({ name: text({}) }),
    properties: { name: text({}), child: { $ref: '#' } },
  },
  'recursion in a list': object({ root: { $ref: '#/$defs/Node' } }, { $defs: { Node: object(node) } }),
  'references through five schemas': object(
    { a: { $ref: '#/$defs/s1' } },
    {
      $defs: {
        ...Object.fromEntries(
          [1, 2, 3, 4].map((at) => [`s${at}`, object({ a: { $ref: `#/$defs/s${at + 1}` } })]),
        ),
        s5: integer(),
      },
    },
  ),
  'examples that are not valid': object({
    a: integer({ examples: ['seven'] }),
    b: integer({ minimum: 5, default: 0 }),
  }),
  'nine levels': Array.from({ length: 9 }).reduce<JsonObject>((inner) => object({ inner }), object({})),
};

test.each(Object.entries(schemas))('sample data is valid and always the same: %s', (_, schema) => {
  const ajv = new Ajv2020({ strict: false, multipleOfPrecision: 6 });
  addFormats.default(ajv);
  const sample = createSampleData(schema);
  expect(sample).not.toBeNull();
  expect(ajv.validate(schema, sample), `${JSON.stringify(sample)} ${ajv.errorsText()}`).toBe(true);
  expect(createSampleData(schema)).toEqual(sample);
});

it('uses the examples and defaults of the schema, and fills optional properties', () => {
  const properties: Record<string, Json> = {
    a: { examples: [3] },
    b: { default: false },
    c: { type: 'null' },
  };
  expect(createSampleData({ type: 'object', properties })).toEqual({ a: 3, b: false, c: null });
  expect(createSampleData({ type: 'object', examples: [{ id: 7 }] })).toEqual({ id: 7 });
});

it('is null when no object is valid, or none can be generated', () => {
  const impossible = { type: 'object', required: ['a'], maxProperties: 0 };
  const unsupported = object({ a: { $ref: '#t' } }, { $defs: { T: { $anchor: 't', type: 'integer' } } });
  expect([impossible, unsupported, { type: 'string' }].map(createSampleData)).toEqual([null, null, null]);
});

it('ends soon for schemas that refer to themselves many times', () => {
  const names = 'abcdefghij'.split('');
  const started_at = performance.now();
  for (const inner of [{ $ref: '#' }, list({ items: { $ref: '#' } })]) {
    const properties = Object.fromEntries(names.map((name) => [name, inner]));
    for (const required of [[], names])
      expect(JSON.stringify(createSampleData({ type: 'object', properties, required })).length).toBeLessThan(
        1_000_000,
      );
  }
  expect(performance.now() - started_at).toBeLessThan(10_000);
});
