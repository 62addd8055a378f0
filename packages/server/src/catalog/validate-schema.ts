import type { Issue } from '../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';
const MAX_BYTES = 65_536;
const MAX_LEVELS = 32;
/** At either limit, Ajv takes up to 0.5 s. */
const MAX_KEYWORDS = 1500;
const MAX_NAMES = 500;
/** Issues that are reported of one schema. */
export const MAX_ISSUES = 20;

/** Keywords whose value maps names to schemas: below them a key is a name, not a keyword. */
const MAPS = new Set(['$defs', 'definitions', 'dependentSchemas', 'patternProperties', 'properties']);

const isDeeperThan = (value: Json, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((child) => isDeeperThan(child, levels - 1)));

/** An object in a schema. */
export interface Place {
  readonly schema: JsonObject;
  readonly path: string;
  /** The names in the path, without the indexes of arrays. */
  readonly names: readonly string[];
}

/** Every object in the schema, including data (`default`, `examples`): a `$ref` can point anywhere. */
export const placesIn = (value: Json, path = '', names: readonly string[] = []): readonly Place[] => {
  if (Array.isArray(value))
    return value.flatMap((item, index) => placesIn(item, join(path, `${index}`), names));
  if (!isJsonObject(value)) return [];
  const below = Object.entries(value).flatMap(([key, child]) =>
    placesIn(child, join(path, key), [...names, key]),
  );
  return [{ schema: value, path, names }, ...below];
};

/** The path of a child. */
export const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

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

const checkKeywords = ({ schema, path }: Place): readonly Issue[] => [
  ...(schema['$async'] === undefined
    ? []
    : [{ path: join(path, '$async'), message: 'is not a keyword of JSON Schema' }]),
  ...(typeof schema['$schema'] === 'string' && schema['$schema'].replace(/#$/, '') !== DRAFT
    ? [{ path: join(path, '$schema'), message: `must be ${DRAFT} or absent` }]
    : []),
];

/** Property names in lists, for each of which Ajv generates code. */
const countNames = ({ schema: { required, dependentRequired } }: Place): number => {
  const lists = [required, ...(isJsonObject(dependentRequired) ? Object.values(dependentRequired) : [])];
  return lists.reduce<number>((count, list) => count + (Array.isArray(list) ? list.length : 0), 0);
};

const sumOf = (places: readonly Place[], count: (place: Place) => number): number =>
  places.reduce((sum, place) => sum + count(place), 0);

/** The time of compilation grows faster than these numbers. */
const checkCounts = (places: readonly Place[]): readonly Issue[] => {
  const keywords = sumOf(places, ({ schema }) => Object.keys(schema).length);
  if (keywords > MAX_KEYWORDS) {
    return [{ path: '', message: `has more than ${MAX_KEYWORDS} keywords and property names (${keywords})` }];
  }
  const names = sumOf(places, countNames);
  if (names <= MAX_NAMES) return [];
  const message = `has more than ${MAX_NAMES} names in "required" and "dependentRequired" (${names})`;
  return [{ path: '', message }];
};

/**
 * The issues of an untrusted JSON Schema that can be found in a few milliseconds, at most 20, with paths relative to the
 * schema. A schema without any is small, and refers to nothing outside itself.
 */
export const findPlainIssues = (schema: JsonObject): readonly Issue[] => {
  if (isDeeperThan(schema, MAX_LEVELS))
    return [{ path: '', message: `is nested deeper than ${MAX_LEVELS} levels` }];
  const bytes = Buffer.byteLength(JSON.stringify(schema));
  if (bytes > MAX_BYTES) return [{ path: '', message: `is larger than ${MAX_BYTES} bytes (${bytes})` }];
  const places = placesIn(schema);
  const counted = checkCounts(places);
  if (counted.length > 0) return counted;
  return places.flatMap((place) => [...checkKeywords(place), ...checkReferences(place)]).slice(0, MAX_ISSUES);
};
