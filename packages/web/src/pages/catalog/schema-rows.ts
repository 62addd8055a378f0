import {
  childPath,
  itemsOf,
  MAX_DEPTH,
  propertiesOf,
  requiredOf,
  resolved,
  type Schema,
  typesOf,
  valuesOf,
} from './schema-node.ts';

/** A property of a schema, as people read it. */
export interface SchemaRow {
  readonly path: string;
  readonly depth: number;
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
  /** The limits of the value, such as `at most 40 characters`. */
  readonly rules: readonly string[];
}

const LIMITS: Readonly<Record<string, (limit: string) => string>> = {
  minimum: (limit) => `at least ${limit}`,
  maximum: (limit) => `at most ${limit}`,
  exclusiveMinimum: (limit) => `more than ${limit}`,
  exclusiveMaximum: (limit) => `less than ${limit}`,
  minLength: (limit) => `at least ${limit} characters`,
  maxLength: (limit) => `at most ${limit} characters`,
  minItems: (limit) => `at least ${limit} items`,
  maxItems: (limit) => `at most ${limit} items`,
  pattern: (limit) => `matches ${limit}`,
  format: (limit) => limit,
};

const CHOICES = ['anyOf', 'oneOf', 'allOf'] as const;

const typeText = (schema: Schema, root: Schema): string => {
  const types = typesOf(schema);
  const items = itemsOf(schema);
  if (items !== null && (types === null || types.includes('array'))) {
    const of = typeText(resolved(items, root), root);
    return [`array of ${of}`, ...(types ?? []).filter((type) => type !== 'array')].join(' or ');
  }
  if (types !== null) return types.join(' or ');
  if (valuesOf(schema) !== null) return 'one of the values';
  const choice = CHOICES.find((name) => Array.isArray(schema[name]));
  if (choice !== undefined) return choice === 'allOf' ? 'all of several schemas' : 'one of several schemas';
  return 'any';
};

const rulesOf = (schema: Schema): readonly string[] => {
  const values = valuesOf(schema);
  return [
    ...(values === null ? [] : [values.map((value) => JSON.stringify(value)).join(' | ')]),
    ...Object.entries(LIMITS).flatMap(([name, text]) =>
      typeof schema[name] === 'number' || typeof schema[name] === 'string'
        ? [text(String(schema[name]))]
        : [],
    ),
    ...(schema['additionalProperties'] === false ? ['no other properties'] : []),
  ];
};

interface Place {
  readonly path: string;
  readonly depth: number;
}

const childRows = (schema: Schema, root: Schema, { path, depth }: Place): readonly SchemaRow[] => {
  if (depth >= MAX_DEPTH) return [];
  const required = requiredOf(schema);
  const own = propertiesOf(schema).flatMap(([name, child]) => {
    const part = resolved(child, root);
    const at = { path: childPath(path, name), depth: depth + 1 };
    const row: SchemaRow = {
      path: at.path,
      depth,
      type: typeText(part, root),
      required: required.has(name),
      description: typeof part['description'] === 'string' ? part['description'] : '',
      rules: rulesOf(part),
    };
    return [row, ...childRows(part, root, at)];
  });
  const items = itemsOf(schema);
  return items === null
    ? own
    : [...own, ...childRows(resolved(items, root), root, { path: `${path}[]`, depth })];
};

/** Every property of a schema in its order, nested ones below the one that contains them. */
export const rowsOfSchema = (schema: Schema): readonly SchemaRow[] =>
  childRows(resolved(schema, schema), schema, { path: '', depth: 0 });
