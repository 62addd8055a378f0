import { isJsonObject, type Json, type JsonObject } from './parse-json.ts';

/** Limits recursive schemas. */
const MAX_DEPTH = 8;

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-11-21T10:30:00Z',
  date: '2026-11-21',
  time: '10:30:00Z',
  duration: 'P1D',
  email: 'someone@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  uuid: '01936d5e-0000-7000-8000-000000000000',
};

interface Position {
  readonly root: JsonObject;
  readonly depth: number;
}

const numberAt = (schema: JsonObject, key: string): number | null => {
  const value = schema[key];
  return typeof value === 'number' ? value : null;
};

const sampleText = (schema: JsonObject): string => {
  const { format } = schema;
  if (typeof format === 'string' && Object.hasOwn(FORMATS, format)) return FORMATS[format] ?? '';
  const min_length = numberAt(schema, 'minLength') ?? 0;
  return 'text'.padEnd(min_length, 'x').slice(0, numberAt(schema, 'maxLength') ?? undefined);
};

const sampleNumber = (schema: JsonObject): number => {
  const above = numberAt(schema, 'exclusiveMinimum');
  const max = numberAt(schema, 'maximum') ?? 1;
  const below = numberAt(schema, 'exclusiveMaximum');
  const min = numberAt(schema, 'minimum') ?? (above === null ? null : above + 1);
  const value = min ?? Math.min(1, max, below === null ? 1 : below - 1);
  const step = numberAt(schema, 'multipleOf');
  return step === null ? value : Math.ceil(value / step) * step;
};

const sampleList = (schema: JsonObject, position: Position): readonly Json[] => {
  const first = Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : [];
  const count = Math.max(numberAt(schema, 'minItems') ?? 1, first.length);
  const length = Math.min(count, numberAt(schema, 'maxItems') ?? count);
  return Array.from({ length }, (_, at) => sample(first[at] ?? schema['items'] ?? {}, position));
};

const sampleObject = ({ properties }: JsonObject, position: Position): JsonObject =>
  isJsonObject(properties)
    ? Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, sample(schema, position)]))
    : {};

const typeOf = (schema: JsonObject): Json | undefined => {
  const { type } = schema;
  if (Array.isArray(type)) return type.find((one) => one !== 'null') ?? 'null';
  if (type !== undefined) return type;
  if ('properties' in schema) return 'object';
  return 'items' in schema || 'prefixItems' in schema ? 'array' : undefined;
};

/** Resolves a reference like `#/$defs/Order`. */
const resolve = (to: string, root: JsonObject): Json => {
  let at: Json | undefined = root;
  for (const part of to.split('/').slice(1)) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    at = isJsonObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at ?? {};
};

const ownSample = (schema: JsonObject): Json | undefined => {
  const firstOf = (key: string): Json | undefined => {
    const list = schema[key];
    return Array.isArray(list) ? (list as readonly Json[])[0] : undefined;
  };
  return schema['const'] ?? firstOf('examples') ?? schema['default'] ?? firstOf('enum');
};

const sampleByType = (schema: JsonObject, position: Position): Json => {
  const type = typeOf(schema);
  if (type === 'object') return sampleObject(schema, position);
  if (type === 'array') return sampleList(schema, position);
  if (type === 'integer' || type === 'number') return sampleNumber(schema);
  if (type === 'boolean') return true;
  return type === 'null' ? null : sampleText(schema);
};

/** Combines samples of schemas that all apply to one value. */
const merged = (parts: readonly Json[]): Json =>
  parts.every(isJsonObject) ? Object.assign({}, ...parts) : (parts.at(-1) ?? null);

const sample = (schema: Json, { root, depth }: Position): Json => {
  if (!isJsonObject(schema) || depth > MAX_DEPTH) return {};
  const position = { root, depth: depth + 1 };
  const known = ownSample(schema);
  if (known !== undefined) return known;
  const { $ref: to, allOf: all, anyOf: any, oneOf: one } = schema;
  if (typeof to === 'string') return sample(resolve(to, root), position);
  const choices = Array.isArray(any) ? any : one;
  const parts = [
    ...(Array.isArray(all) ? (all as readonly Json[]) : []),
    ...(Array.isArray(choices) ? (choices as readonly Json[]).slice(0, 1) : []),
  ].map((part) => sample(part, position));
  if (parts.length === 0) return sampleByType(schema, position);
  return merged(typeOf(schema) === 'object' ? [...parts, sampleObject(schema, position)] : parts);
};

/** Generates data from a JSON Schema, preferring its own examples. The data may not match every constraint. */
export const sampleOfSchema = (schema: JsonObject): JsonObject => {
  const data = sample(schema, { root: schema, depth: 0 });
  return isJsonObject(data) ? data : {};
};
