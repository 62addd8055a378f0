import { isJsonObject, type Json, type JsonObject } from './parse-json.ts';

/** Schemas that refer to themselves end here. */
const MOST_LEVELS = 8;

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

interface Place {
  readonly root: JsonObject;
  readonly level: number;
}

const numberAt = (schema: JsonObject, key: string): number | null => {
  const value = schema[key];
  return typeof value === 'number' ? value : null;
};

const sampleText = (schema: JsonObject): string => {
  const { format } = schema;
  if (typeof format === 'string' && Object.hasOwn(FORMATS, format)) return FORMATS[format] ?? '';
  const least = numberAt(schema, 'minLength') ?? 0;
  return 'text'.padEnd(least, 'x').slice(0, numberAt(schema, 'maxLength') ?? undefined);
};

const sampleNumber = (schema: JsonObject): number => {
  const above = numberAt(schema, 'exclusiveMinimum');
  const most = numberAt(schema, 'maximum') ?? 1;
  const below = numberAt(schema, 'exclusiveMaximum');
  const least = numberAt(schema, 'minimum') ?? (above === null ? null : above + 1);
  const wanted = least ?? Math.min(1, most, below === null ? 1 : below - 1);
  const step = numberAt(schema, 'multipleOf');
  return step === null ? wanted : Math.ceil(wanted / step) * step;
};

const sampleList = (schema: JsonObject, place: Place): readonly Json[] => {
  const first = Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : [];
  const count = Math.max(numberAt(schema, 'minItems') ?? 1, first.length);
  const most = Math.min(count, numberAt(schema, 'maxItems') ?? count);
  return Array.from({ length: most }, (_, at) => sample(first[at] ?? schema['items'] ?? {}, place));
};

const sampleObject = ({ properties }: JsonObject, place: Place): JsonObject =>
  isJsonObject(properties)
    ? Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, sample(schema, place)]))
    : {};

const typeOf = (schema: JsonObject): Json | undefined => {
  const { type } = schema;
  if (Array.isArray(type)) return type.find((one) => one !== 'null') ?? 'null';
  if (type !== undefined) return type;
  if ('properties' in schema) return 'object';
  return 'items' in schema || 'prefixItems' in schema ? 'array' : undefined;
};

/** What `#/$defs/Order` points to. */
const follow = (to: string, root: JsonObject): Json => {
  let at: Json | undefined = root;
  for (const part of to.split('/').slice(1)) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    at = isJsonObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at ?? {};
};

const given = (schema: JsonObject): Json | undefined => {
  const firstOf = (key: string): Json | undefined => {
    const list = schema[key];
    return Array.isArray(list) ? (list as readonly Json[])[0] : undefined;
  };
  return schema['const'] ?? firstOf('examples') ?? schema['default'] ?? firstOf('enum');
};

const byType = (schema: JsonObject, place: Place): Json => {
  const type = typeOf(schema);
  if (type === 'object') return sampleObject(schema, place);
  if (type === 'array') return sampleList(schema, place);
  if (type === 'integer' || type === 'number') return sampleNumber(schema);
  if (type === 'boolean') return true;
  return type === 'null' ? null : sampleText(schema);
};

/** Several schemas that one value has to fit. */
const merged = (parts: readonly Json[]): Json =>
  parts.every(isJsonObject) ? Object.assign({}, ...parts) : (parts.at(-1) ?? null);

const sample = (schema: Json, { root, level }: Place): Json => {
  if (!isJsonObject(schema) || level > MOST_LEVELS) return {};
  const place = { root, level: level + 1 };
  const known = given(schema);
  if (known !== undefined) return known;
  const { $ref: to, allOf: all, anyOf: any, oneOf: one } = schema;
  if (typeof to === 'string') return sample(follow(to, root), place);
  const choices = Array.isArray(any) ? any : one;
  const parts = [
    ...(Array.isArray(all) ? (all as readonly Json[]) : []),
    ...(Array.isArray(choices) ? (choices as readonly Json[]).slice(0, 1) : []),
  ].map((part) => sample(part, place));
  if (parts.length === 0) return byType(schema, place);
  return merged(typeOf(schema) === 'object' ? [...parts, sampleObject(schema, place)] : parts);
};

/** Data that fits a JSON Schema, as far as that can be had without guessing: its own examples first. */
export const sampleOfSchema = (schema: JsonObject): JsonObject => {
  const made = sample(schema, { root: schema, level: 0 });
  return isJsonObject(made) ? made : {};
};
