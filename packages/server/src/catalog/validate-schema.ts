import type { Issue } from '../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { schemaError } from './ajv.ts';
import { validatePattern } from './validate-pattern.ts';
import { dotted } from './to-issue.ts';

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';
const MAX_BYTES = 65_536;
const MAX_LEVELS = 32;
const MAX_PATTERNS = 100;
const MAX_UNIQUE_ITEMS = 1000;
const MAX_ISSUES = 20;

/** Keywords whose value maps names to schemas: below them a key is a name, not a keyword. */
const MAPS = new Set(['$defs', 'definitions', 'dependentSchemas', 'patternProperties', 'properties']);

const isDeeperThan = (value: Json, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((child) => isDeeperThan(child, levels - 1)));

interface Place {
  readonly schema: JsonObject;
  readonly path: string;
  /** The names in the path, without the indexes of arrays. */
  readonly names: readonly string[];
}

/** Every object in the schema, including data (`default`, `examples`): a `$ref` can point anywhere. */
const placesIn = (value: Json, path = '', names: readonly string[] = []): readonly Place[] => {
  if (Array.isArray(value))
    return value.flatMap((item, index) => placesIn(item, join(path, `${index}`), names));
  if (!isJsonObject(value)) return [];
  const below = Object.entries(value).flatMap(([key, child]) =>
    placesIn(child, join(path, key), [...names, key]),
  );
  return [{ schema: value, path, names }, ...below];
};

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

const isData = (names: readonly string[]): boolean =>
  names.some((name, index) => (name === 'const' || name === 'enum') && !MAPS.has(names[index - 1] ?? ''));

const checkReferences = ({ schema, path, names }: Place): readonly Issue[] =>
  ['$ref', '$dynamicRef'].flatMap((keyword) => {
    const target = schema[keyword];
    if (typeof target !== 'string') return [];
    if (!target.startsWith('#')) {
      const message = 'must point into this schema (start with #): remote schemas are not fetched';
      return [{ path: join(path, keyword), message }];
    }
    return isData(names) ? [{ path: join(path, keyword), message: 'cannot be used in a const or enum' }] : [];
  });

const checkUniqueItems = ({ schema, path }: Place): readonly Issue[] => {
  const { uniqueItems, maxItems } = schema;
  const is_bounded = typeof maxItems === 'number' && maxItems <= MAX_UNIQUE_ITEMS;
  if (uniqueItems !== true || is_bounded) return [];
  const message = `compares every item with every other. Add "maxItems" of at most ${MAX_UNIQUE_ITEMS}`;
  return [{ path: join(path, 'uniqueItems'), message }];
};

const checkKeywords = ({ schema, path }: Place): readonly Issue[] => [
  ...(schema['$async'] === undefined
    ? []
    : [{ path: join(path, '$async'), message: 'is not a keyword of JSON Schema' }]),
  ...(typeof schema['$schema'] === 'string' && schema['$schema'].replace(/#$/, '') !== DRAFT
    ? [{ path: join(path, '$schema'), message: `must be ${DRAFT} or absent` }]
    : []),
];

const patternsOf = ({ schema, path }: Place) => {
  const { pattern, patternProperties } = schema;
  const keys = isJsonObject(patternProperties) ? Object.keys(patternProperties) : [];
  return [
    ...(typeof pattern === 'string' ? [{ path: join(path, 'pattern'), pattern }] : []),
    ...keys.map((key) => ({ path: join(path, 'patternProperties'), pattern: key })),
  ];
};

const checkPatterns = (places: readonly Place[]): readonly Issue[] => {
  const patterns = places.flatMap(patternsOf);
  const distinct = new Set(patterns.map(({ pattern }) => pattern));
  if (distinct.size > MAX_PATTERNS)
    return [{ path: '', message: `has more than ${MAX_PATTERNS} different patterns` }];
  const refusals = new Map([...distinct].map((pattern) => [pattern, validatePattern(pattern)]));
  return patterns.flatMap(({ path, pattern }) => {
    const refusal = refusals.get(pattern) ?? null;
    return refusal === null ? [] : [{ path, message: `the pattern ${shorten(pattern)} ${refusal}` }];
  });
};

const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);

/** `schema is invalid: data/properties/a/type must be …, data/…` → the path and message of the first error. */
const toIssue = (refusal: string): Issue => {
  const [, pointer = '', message = refusal] =
    /^schema is invalid: data(\S*) (.*?)(?:, data[/ ].*)?$/s.exec(refusal) ?? [];
  return { path: dotted(pointer), message: message.slice(0, 300) };
};

/**
 * The issues of an untrusted JSON Schema, at most 20, with paths relative to the schema; empty if it is valid. A valid
 * schema compiles, refers to nothing outside itself, and cannot make a check run for long: every pattern runs in linear
 * time.
 */
export const validateSchema = (schema: JsonObject): readonly Issue[] => {
  if (isDeeperThan(schema, MAX_LEVELS))
    return [{ path: '', message: `is nested deeper than ${MAX_LEVELS} levels` }];
  const bytes = Buffer.byteLength(JSON.stringify(schema));
  if (bytes > MAX_BYTES) return [{ path: '', message: `is larger than ${MAX_BYTES} bytes (${bytes})` }];
  const places = placesIn(schema);
  const issues = [
    ...places.flatMap((place) => [
      ...checkKeywords(place),
      ...checkReferences(place),
      ...checkUniqueItems(place),
    ]),
    ...checkPatterns(places),
  ];
  if (issues.length > 0) return issues.slice(0, MAX_ISSUES);
  const refusal = schemaError(schema);
  return refusal === null ? [] : [toIssue(refusal)];
};
