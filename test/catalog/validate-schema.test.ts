import { describe, expect, it } from 'vitest';
import { validateSchema } from '../support/schemas.ts';
import type { Json, JsonObject } from '../../packages/server/src/core/json.ts';

const pathsOf = (schema: JsonObject) => validateSchema(schema).map(({ path }) => path);
const messageOf = (schema: JsonObject) => validateSchema(schema)[0]?.message;

const nested = (levels: number): JsonObject => {
  let schema: JsonObject = {};
  for (let level = 0; level < levels; level += 1) schema = { not: schema };
  return schema;
};

const sized = (bytes: number): JsonObject => ({ description: 'ä'.repeat((bytes - 18) / 2) });

const several = (count: number, schema: JsonObject) => ({
  allOf: Array.from({ length: count }, () => schema),
});
const namesOf = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`);

describe('a schema', () => {
  it('is accepted when it is valid', () => {
    const valid: readonly JsonObject[] = [
      {},
      {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $id: 'https://example.com/order',
        type: 'object',
        properties: {
          pattern: { type: 'string', pattern: '^[a-z]+(-[a-z]+)*$' },
          $ref: { type: 'string' },
          const: { $ref: '#/$defs/line' },
          tags: { type: 'array', uniqueItems: true },
          slow: { type: 'string', pattern: String.raw`^(?<part>a+)+\k<part>(?<=b)$` },
          mail: { format: 'email' },
        },
        patternProperties: { '^x-': true },
        $defs: { line: { $anchor: 'line', properties: { next: { $ref: '#line' } } } },
        'x-owner': 'billing',
      },
    ];
    expect(valid.map(validateSchema)).toEqual([[], []]);
  });

  it('is refused with the path and the reason when it does not compile', () => {
    expect(validateSchema({ properties: { a: { minLength: -1 } } })).toEqual([
      { path: 'properties.a.minLength', message: 'must be >= 0' },
    ]);
    expect(validateSchema({ properties: { 'a/b': { type: 'strin' } } })).toEqual([
      { path: 'properties.a/b.type', message: expect.stringContaining('must be') },
    ]);
    expect(messageOf({ $ref: '#/$defs/none' })).toContain("can't resolve reference #/$defs/none");
  });

  it('may have 64 KiB as text and not a byte more', () => {
    expect(Buffer.byteLength(JSON.stringify(sized(65_536)))).toBe(65_536);
    expect(validateSchema(sized(65_536))).toEqual([]);
    expect(messageOf(sized(65_538))).toBe('is larger than 65536 bytes (65538)');
  });

  it('may be nested 32 levels deep and not deeper', () => {
    expect(validateSchema(nested(31))).toEqual([]);
    expect(validateSchema(nested(32))).toEqual([{ path: '', message: 'is nested deeper than 32 levels' }]);
    expect(messageOf(nested(5000))).toBe('is nested deeper than 32 levels');
  });

  it.each(['$ref', '$dynamicRef'])(
    'is refused when a %s points outside the schema, at any depth',
    (keyword) => {
      const remote = { [keyword]: 'https://example.com/other.json' };
      expect(pathsOf({ allOf: [{ properties: { a: remote } }] })).toEqual([
        `allOf.0.properties.a.${keyword}`,
      ]);
      expect(pathsOf({ $defs: { a: { [keyword]: 'other.json#/a' } } })).toEqual([`$defs.a.${keyword}`]);
      expect(messageOf(remote)).toContain('start with #');
    },
  );

  it('is refused when a const or an enum contains a $ref, which looks like a reference', () => {
    expect(pathsOf({ const: { a: { $ref: '#' } } })).toEqual(['const.a.$ref']);
    const in_enum = { properties: { enum: { enum: [{ $ref: '#' }] } } };
    expect(pathsOf(in_enum)).toEqual(['properties.enum.enum.0.$ref']);
  });

  it.each<[string, Json]>([
    ['items.pattern', { items: { pattern: '(a+)+$)' } }],
    ['$defs.a.pattern', { $defs: { a: { pattern: '(a+)+$)' } } }],
    ['anyOf.1.patternProperties', { anyOf: [true, { patternProperties: { '(a+)+$)': true } }] }],
    ['propertyNames.pattern', { propertyNames: { pattern: '(a+)+$)' } }],
    ['x-hidden.pattern', { $ref: '#/x-hidden', 'x-hidden': { pattern: '(a+)+$)' } }],
    ['default.pattern', { $ref: '#/default', default: { pattern: '(a+)+$)' } }],
  ])('is refused for a malformed pattern at %s', (path, schema) => {
    expect(validateSchema(schema as JsonObject)).toEqual([
      { path, message: expect.stringMatching(/^the pattern \(a\+\)\+\$\) is not a regular expression/) },
    ]);
  });

  it('may have 1,500 keywords and property names, and 500 names in lists', () => {
    expect(messageOf(several(1499, { type: 'string' }))).toBeUndefined();
    expect(messageOf(several(1500, { type: 'string' }))).toBe(
      'has more than 1500 keywords and property names (1501)',
    );
    expect(messageOf({ required: namesOf(500) })).toBeUndefined();
    const dependent = { a: namesOf(250), b: namesOf(250) };
    expect(messageOf({ required: ['a'], dependentRequired: dependent })).toBe(
      'has more than 500 names in "required" and "dependentRequired" (501)',
    );
  });

  it('is refused when it has another draft or is asynchronous', () => {
    expect(pathsOf({ $schema: 'http://json-schema.org/draft-07/schema#' })).toEqual(['$schema']);
    expect(pathsOf({ $async: true })).toEqual(['$async']);
  });

  it('is refused with all faults at once, at most 20', () => {
    const faults = { b: { $ref: 'x' }, c: { $async: true } };
    expect(pathsOf({ properties: faults }).toSorted()).toEqual(['properties.b.$ref', 'properties.c.$async']);
    expect(validateSchema(several(50, { $ref: 'x' }))).toHaveLength(20);
    expect(validateSchema(several(50, { pattern: '(' }))).toHaveLength(20);
  });

  it('is not modified', () => {
    const schema = { properties: { a: { $ref: '#/$defs/b' } }, $defs: { b: { default: [] } } };
    const before = structuredClone(schema);
    validateSchema(schema);
    expect(schema).toEqual(before);
  });
});
