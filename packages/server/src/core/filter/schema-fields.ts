import { isJsonObject, type Json, type JsonObject } from '../json.ts';

/** Subschemas that one search reads; the rest counts as unknown. */
const READ_MAX = 2_000;

/** One field below a schema. */
export type SchemaField =
  /** It can exist, and is one of these schemas. */
  | { readonly kind: 'known'; readonly schemas: readonly Json[] }
  /** It is in no list of properties. These are. */
  | { readonly kind: 'absent'; readonly names: readonly string[] }
  /** The schema does not tell. */
  | { readonly kind: 'open' };

const OPEN: SchemaField = { kind: 'open' };

const typesIn = ({ type }: JsonObject): readonly string[] | null => {
  if (typeof type === 'string') return [type];
  return Array.isArray(type) ? type.filter((one) => typeof one === 'string') : null;
};

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);

/** Whether an absent property is explicitly allowed. Without the keyword a property that is not listed is a mistake. */
const allowsOthers = (schema: JsonObject): boolean =>
  ['additionalProperties', 'unevaluatedProperties', 'patternProperties'].some(
    (keyword) => schema[keyword] === true || isJsonObject(schema[keyword]),
  );

const among = (fields: readonly SchemaField[]): SchemaField => {
  const known = fields.flatMap((field) => (field.kind === 'known' ? field.schemas : []));
  if (known.length > 0) return { kind: 'known', schemas: known };
  if (fields.length === 0 || fields.some(({ kind }) => kind === 'open')) return OPEN;
  return { kind: 'absent', names: fields.flatMap((field) => (field.kind === 'absent' ? field.names : [])) };
};

/** All of these hold: one that does not tell leaves the answer to the others. */
const together = (fields: readonly SchemaField[]): SchemaField => {
  const telling = fields.filter(({ kind }) => kind !== 'open');
  return telling.length === 0 ? OPEN : among(telling);
};

/** Finds fields in one JSON Schema, through `$ref`, `allOf`, `anyOf` and `oneOf`. */
export class SchemaFields {
  readonly #root: JsonObject;
  #left = READ_MAX;

  constructor(root: JsonObject) {
    this.#root = root;
  }

  /** The field at a path; `depth` is the number of names up to which an absent one exists. */
  find(path: readonly (string | number)[]): SchemaField & { readonly depth: number } {
    let schemas: readonly Json[] = [this.#root];
    for (const [depth, name] of path.entries()) {
      const found = among(schemas.map((schema) => this.#below(schema, name)));
      if (found.kind !== 'known') return { ...found, depth };
      schemas = found.schemas;
    }
    return { kind: 'known', schemas, depth: path.length };
  }

  /** The JSON types that the schemas allow; null for any. */
  types(schemas: readonly Json[]): ReadonlySet<string> | null {
    const all = schemas.map((schema) => this.#typesOf(schema));
    return all.includes(null) ? null : new Set(all.flatMap((types) => types ?? []));
  }

  #typesOf(schema: Json): readonly string[] | null {
    this.#left -= 1;
    if (this.#left < 0 || !isJsonObject(schema)) return null;
    const own = typesIn(schema);
    if (own !== null) return own;
    const target = this.#target(schema);
    return target === undefined ? null : this.#typesOf(target);
  }

  #below(schema: Json, name: string | number): SchemaField {
    this.#left -= 1;
    if (this.#left < 0 || !isJsonObject(schema)) return OPEN;
    const target = this.#target(schema);
    const branches = [...listOf(schema['anyOf']), ...listOf(schema['oneOf'])];
    return together([
      typeof name === 'string' ? this.#property(schema, name) : this.#item(schema, name),
      ...(target === undefined ? [] : [this.#below(target, name)]),
      ...listOf(schema['allOf']).map((part) => this.#below(part, name)),
      ...(branches.length === 0 ? [] : [among(branches.map((branch) => this.#below(branch, name)))]),
      ...this.#conditional(schema).map((part) => this.#below(part, name)),
    ]);
  }

  /** Schemas that can apply as well: they add properties, and never exclude those of others. */
  #conditional(schema: JsonObject): readonly Json[] {
    const { then: one, else: other, dependentSchemas } = schema;
    const dependent = isJsonObject(dependentSchemas) ? Object.values(dependentSchemas) : [];
    return [one, other, ...dependent].filter((part) => part !== undefined);
  }

  #property(schema: JsonObject, name: string): SchemaField {
    const types = typesIn(schema);
    if (types !== null && !types.includes('object')) return { kind: 'absent', names: [] };
    const { properties } = schema;
    if (!isJsonObject(properties)) return OPEN;
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property !== undefined) return { kind: 'known', schemas: [property] };
    return allowsOthers(schema) ? OPEN : { kind: 'absent', names: Object.keys(properties) };
  }

  #item(schema: JsonObject, index: number): SchemaField {
    const types = typesIn(schema);
    if (types !== null && !types.includes('array')) return { kind: 'absent', names: [] };
    const item = listOf(schema['prefixItems'])[index] ?? schema['items'];
    return item === undefined ? OPEN : { kind: 'known', schemas: [item] };
  }

  /** The schema that `$ref` points to. */
  #target({ $ref }: JsonObject): Json | undefined {
    if (typeof $ref !== 'string') return undefined;
    if (!$ref.startsWith('#/')) return $ref === '#' ? this.#root : true;
    let at: Json | undefined = this.#root;
    for (const part of $ref.slice(2).split('/')) {
      const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
      if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return true;
      at = (at as JsonObject)[name];
    }
    return at;
  }
}
