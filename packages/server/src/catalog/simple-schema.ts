import { isJsonObject, type Json } from '../core/json.ts';

const ANNOTATIONS = new Set([
  '$comment',
  '$schema',
  'default',
  'deprecated',
  'description',
  'examples',
  'readOnly',
  'title',
  'writeOnly',
]);

/** Keywords whose cost for one value is at most linear in its length. */
const CONSTANTS = new Set([
  'exclusiveMaximum',
  'exclusiveMinimum',
  'maxItems',
  'maxLength',
  'maxProperties',
  'maximum',
  'minItems',
  'minLength',
  'minProperties',
  'minimum',
  'multipleOf',
  'type',
]);

/** Their regular expressions take linear time. */
const FORMATS = new Set<Json>([
  'date',
  'date-time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'time',
  'uri',
  'uuid',
]);

const SUBSCHEMAS = new Set(['additionalProperties', 'else', 'if', 'items', 'not', 'then']);
const LISTS = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);

const isScalar = (value: Json): boolean => typeof value !== 'object' || value === null;

const sum = (weights: readonly (number | null)[]): number | null =>
  weights.reduce<number | null>(
    (total, weight) => (total === null || weight === null ? null : total + weight),
    0,
  );

/** A keyword with its value. */
const weightOf = (keyword: string, value: Json): number | null => {
  if (ANNOTATIONS.has(keyword)) return 0;
  if (CONSTANTS.has(keyword)) return 1;
  if (keyword === 'format') return FORMATS.has(value) ? 1 : null;
  if (keyword === 'const') return isScalar(value) ? 1 : null;
  if (keyword === 'enum' || keyword === 'required') {
    return Array.isArray(value) && value.every(isScalar) ? 1 + value.length : null;
  }
  if (keyword === 'properties')
    return isJsonObject(value) ? sum(Object.values(value).map(simpleWeight)) : null;
  if (SUBSCHEMAS.has(keyword)) return simpleWeight(value);
  return LISTS.has(keyword) && Array.isArray(value) ? sum(value.map(simpleWeight)) : null;
};

/**
 * The number of keywords, names and listed values in a simple schema; null for one that is not simple. A simple schema is
 * a tree: it has no references, so each of its keywords applies to each value in the data at most once, and none of them
 * takes more than linear time. The time of a check is therefore at most proportional to this number times the length of
 * the data.
 */
export const simpleWeight = (schema: Json): number | null => {
  if (typeof schema === 'boolean') return 1;
  if (!isJsonObject(schema)) return null;
  return sum([1, ...Object.entries(schema).map(([keyword, value]) => weightOf(keyword, value))]);
};
