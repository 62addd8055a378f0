import * as fc from 'fast-check';
import { isJsonObject, type Json, type JsonObject } from '../../packages/server/src/core/json.ts';
import { choicesOf, fieldsOf, requiredIn, resolve } from '../../packages/server/src/http/openapi/schemas.ts';
import type { Schemas } from '../../packages/server/src/http/openapi/types.ts';

export interface AnyInputOptions {
  /** The schemas that others reference by name. */
  readonly named: Schemas;
  /** Values with a meaning beyond their schema, like existing ids, by the example of the schema: valid and invalid ones. */
  readonly wordsFor: (example: Json | undefined) => fc.Arbitrary<unknown> | null;
}

/** Values that few fields accept. */
const STRANGE: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  2 ** 53,
  1e300,
  '',
  ' ',
  'é😀',
  'a\u0000b',
  'a\nb',
  '../..',
  'null',
  '1',
  '%',
  'x'.repeat(5_000),
  [],
  [null],
  {},
  { $ne: 1 },
  JSON.parse('{"__proto__":{"a":1}}'),
];

/** Field names that no input has. */
const STRANGERS = ['extra', 'constructor', 'toString', '__proto__', '', 'ID', 'data.x', 'workspace'];

const anyJson = fc.jsonValue({ maxDepth: 2 });
const anyObject = fc.dictionary(fc.string({ maxLength: 8 }), anyJson, { maxKeys: 4 });

const numberIn = (value: Json | undefined): number | undefined =>
  typeof value === 'number' ? value : undefined;

/** The first type that a schema allows; empty without one. */
const typeIn = ({ type }: JsonObject): string => {
  const first = Array.isArray(type) ? (type as readonly Json[])[0] : type;
  return typeof first === 'string' ? first : '';
};

const times = fc.oneof(
  fc.constantFrom(
    '2020-01-01T00:00:00Z',
    '2026-11-21T10:30:00.000Z',
    '2999-12-31T23:59:59+14:00',
    '1969-12-31T23:59:59.999-00:30',
  ),
  fc
    .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
);

const validString = (schema: JsonObject): fc.Arbitrary<string> => {
  const { format, pattern } = schema;
  if (format === 'date-time') return times;
  const min = numberIn(schema['minLength']) ?? 0;
  const max = numberIn(schema['maxLength']) ?? 200;
  if (typeof pattern === 'string') {
    return fc.stringMatching(new RegExp(pattern), { maxLength: Math.min(max, 20) });
  }
  return fc.oneof(
    fc.string({ minLength: min, maxLength: Math.max(min, Math.min(max, 12)), unit: 'grapheme' }),
    fc.constantFrom(min, max).map((length) => 'x'.repeat(length)),
  );
};

/** Values at and beyond the bounds of a schema. */
const beyond = (schema: JsonObject): readonly unknown[] => {
  const strings = [
    (numberIn(schema['minLength']) ?? 0) - 1,
    (numberIn(schema['maxLength']) ?? 10_000) + 1,
  ].flatMap((length) => (length < 0 ? [] : ['x'.repeat(length)]));
  const numbers = [numberIn(schema['minimum']), numberIn(schema['maximum'])].flatMap((bound) =>
    bound === undefined ? [] : [bound - 1, bound + 1, bound + 0.5],
  );
  switch (typeIn(schema)) {
    case 'string':
      return strings;
    case 'integer':
      return numbers;
    case 'array':
      return [
        [],
        Array.from({ length: Math.min((numberIn(schema['maxItems']) ?? 100) + 1, 600) }, () => 'a'),
      ];
    default:
      return [];
  }
};

const exampleIn = ({ examples }: JsonObject): Json | undefined =>
  Array.isArray(examples) ? (examples as readonly Json[])[0] : undefined;

const record = (
  schema: JsonObject,
  valueOf: (name: string, field: JsonObject) => fc.Arbitrary<unknown>,
): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(Object.fromEntries(fieldsOf(schema).map(([name, field]) => [name, valueOf(name, field)])), {
    requiredKeys: [...requiredIn(schema)],
    noNullPrototype: true,
  });

/** The required fields and one more: lists are empty when all filters apply at once. */
const withOneMore = (
  required: readonly string[],
  fields: Record<string, unknown>,
  nth: number,
): Record<string, unknown> => {
  const others = Object.keys(fields).filter((name) => !required.includes(name));
  const kept = others[nth % others.length];
  return Object.fromEntries(
    Object.entries(fields).filter(([name]) => required.includes(name) || name === kept),
  );
};

/** Generates values for any input with a JSON Schema. */
export const createAnyInput = ({ named, wordsFor }: AnyInputOptions) => {
  const valid = (given: JsonObject): fc.Arbitrary<unknown> => {
    const words = wordsFor(exampleIn(given));
    if (words !== null) return words;
    const schema = resolve(given, named);
    const choices = choicesOf(schema);
    if (choices.length > 0) return fc.oneof(...choices.map(valid));
    if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as Json[]));
    const { items, additionalProperties } = schema;
    switch (typeIn(schema)) {
      case 'string':
        return validString(schema);
      case 'integer':
      case 'number': {
        const [min, max] = [numberIn(schema['minimum']) ?? -1000, numberIn(schema['maximum']) ?? 1000];
        return fc.oneof(fc.constantFrom(min, max), fc.integer({ min, max }));
      }
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      case 'array':
        return fc.array(isJsonObject(items) ? valid(items) : anyJson, {
          minLength: numberIn(schema['minItems']) ?? 0,
          maxLength: 3,
        });
      case 'object':
        if (fieldsOf(schema).length > 0) return record(schema, (_, field) => valid(field));
        return isJsonObject(additionalProperties)
          ? fc.dictionary(fc.string({ maxLength: 8 }), valid(additionalProperties), { maxKeys: 2 })
          : anyObject;
      default:
        return anyJson;
    }
  };

  /** Usually invalid: a missing field, an unknown one, or an invalid value, on any level. */
  const wrong = (given: JsonObject): fc.Arbitrary<unknown> => {
    const schema = resolve(given, named);
    const fields = fieldsOf(schema);
    if (fields.length > 0) return wrongObject(schema);
    const { items } = schema;
    const deeper = isJsonObject(items) ? [fc.array(wrong(items), { minLength: 1, maxLength: 2 })] : [];
    const outside = [schema, ...choicesOf(schema)].flatMap(beyond);
    return fc.oneof(fc.constantFrom(...STRANGE, ...outside), ...deeper);
  };

  const wrongObject = (schema: JsonObject): fc.Arbitrary<Record<string, unknown>> => {
    const good = record(schema, (_, field) => valid(field));
    const names = fieldsOf(schema).map(([name]) => name);
    const without = fc
      .tuple(good, fc.constantFrom(...names))
      .map(([fields, name]) => Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name)));
    const stranger = fc
      .tuple(good, fc.constantFrom(...STRANGERS), fc.oneof(fc.string({ maxLength: 5 }), anyJson))
      .map(([fields, name, value]) => Object.fromEntries([...Object.entries(fields), [name, value]]));
    const oneWrong = fc
      .constantFrom(...fieldsOf(schema))
      .chain(([name, field]) =>
        fc.tuple(good, wrong(field)).map(([fields, value]) => ({ ...fields, [name]: value })),
      );
    const anyWrong = record(schema, (_, field) => fc.oneof(valid(field), wrong(field)));
    return fc.oneof(without, stranger, { arbitrary: oneWrong, weight: 3 }, anyWrong);
  };

  /** Inputs for a procedure: four of five are valid. */
  return (input: JsonObject): fc.Arbitrary<Record<string, unknown>> => {
    const schema = resolve(input, named);
    const good = record(schema, (_, field) => valid(field));
    if (fieldsOf(schema).length === 0) return good;
    const sparse = fc
      .tuple(good, fc.nat(11))
      .map(([fields, nth]) => withOneMore(requiredIn(schema), fields, nth));
    return fc.oneof({ arbitrary: good, weight: 2 }, { arbitrary: sparse, weight: 2 }, wrongObject(schema));
  };
};
