import { breakCycles } from './break-cycles.ts';
import { type Field, joinShapes, NEVER, type SchemaShapes, type Shape, UNKNOWN } from './shape.ts';

type Schema = Readonly<Record<string, unknown>>;

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const schemasIn = (value: unknown): readonly (readonly [string, unknown])[] =>
  isSchema(value) ? Object.entries(value) : [];

const isPrimitive = (value: unknown): value is string | number | boolean | null =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value);

const literal = (value: unknown): Shape => (isPrimitive(value) ? { kind: 'literal', value } : UNKNOWN);

const REFERENCE = /^#(?:$|\/(?:\$defs|definitions)\/([^/]+)$)/;

/** A pointer into the same schema (RFC 6901). Other references are unknown. */
const reference = (pointer: string): Shape => {
  const match = REFERENCE.exec(pointer);
  if (match === null) return UNKNOWN;
  const name = decodeURIComponent(match[1] ?? '')
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
  return { kind: 'reference', to: name };
};

const describe = (schema: unknown): string | null =>
  isSchema(schema) && typeof schema['description'] === 'string' ? schema['description'] : null;

const objectShape = (schema: Schema): Shape => {
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const named: readonly Field[] = schemasIn(schema['properties']).map(([name, field]) => ({
    name,
    required: required.includes(name),
    description: describe(field),
    shape: shapeOf(field),
  }));
  const unnamed: readonly Field[] = [...new Set(required)]
    .filter((name) => typeof name === 'string' && !named.some((field) => field.name === name))
    .map((name: string) => ({ name, required: true, description: null, shape: UNKNOWN }));
  const { additionalProperties } = schema;
  // By default, JSON Schema allows more keys. A type that allowed them would accept every misspelt key, so it does not.
  const isOpen = additionalProperties === undefined ? named.length === 0 : additionalProperties !== false;
  return {
    kind: 'object',
    fields: [...named, ...unnamed],
    others: isOpen ? shapeOf(additionalProperties ?? true) : null,
  };
};

const arrayShape = (schema: Schema): Shape => {
  const { prefixItems, items } = schema;
  if (!Array.isArray(prefixItems)) return { kind: 'array', items: shapeOf(items ?? true) };
  return {
    kind: 'tuple',
    items: prefixItems.map(shapeOf),
    rest: items === false ? null : shapeOf(items ?? true),
  };
};

const typeShape = (type: unknown, schema: Schema): Shape => {
  switch (type) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return { kind: type };
    case 'integer':
      return { kind: 'number' };
    case 'object':
      return objectShape(schema);
    case 'array':
      return arrayShape(schema);
    default:
      return UNKNOWN;
  }
};

const ownShape = (schema: Schema): Shape => {
  const { type } = schema;
  if (Array.isArray(type))
    return joinShapes(
      'union',
      type.map((one) => typeShape(one, schema)),
    );
  if (type !== undefined) return typeShape(type, schema);
  if ('properties' in schema || 'required' in schema) return objectShape(schema);
  return UNKNOWN;
};

const membersOf = (schema: Schema, key: string): readonly Shape[] | null =>
  Array.isArray(schema[key]) ? schema[key].map(shapeOf) : null;

/** The shapes of the parts of a schema, all of which apply. */
const partsOf = (schema: Schema): readonly Shape[] => {
  const anyOf = membersOf(schema, 'anyOf');
  const oneOf = membersOf(schema, 'oneOf');
  return [
    ownShape(schema),
    ...(membersOf(schema, 'allOf') ?? []),
    ...(anyOf === null ? [] : [joinShapes('union', anyOf)]),
    ...(oneOf === null ? [] : [joinShapes('union', oneOf)]),
    ...(typeof schema['$ref'] === 'string' ? [reference(schema['$ref'])] : []),
  ];
};

const shapeOf = (schema: unknown): Shape => {
  if (schema === false) return NEVER;
  if (!isSchema(schema)) return UNKNOWN;
  if ('const' in schema) return literal(schema['const']);
  if (Array.isArray(schema['enum'])) return joinShapes('union', schema['enum'].map(literal));
  return joinShapes('intersection', partsOf(schema));
};

/**
 * The shapes that types can express of a JSON Schema (draft 2020-12). Never throws. It leaves out everything else
 * (patterns, limits, conditions, references to other documents), so a value that matches the schema always matches the
 * shape, except for keys that the schema does not name.
 */
export const shapesOfSchema = (schema: unknown): SchemaShapes => {
  const definitions = isSchema(schema)
    ? [...schemasIn(schema['definitions']), ...schemasIn(schema['$defs'])]
    : [];
  const shapes = breakCycles(
    new Map([['', shapeOf(schema)], ...definitions.map(([name, one]) => [name, shapeOf(one)] as const)]),
  );
  const root = shapes.get('') ?? UNKNOWN;
  return { root, definitions: new Map([...shapes].filter(([name]) => name !== '')) };
};
