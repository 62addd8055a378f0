/** A JSON Schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The schema that `$ref` names, if it is in the same document. */
export const resolved = (schema: Schema, root: Schema): Schema => {
  const { $ref: ref, ...rest } = schema;
  if (ref === '#') return { ...root, ...rest };
  if (typeof ref !== 'string' || !ref.startsWith('#/')) return schema;
  const parts = ref
    .slice(2)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const target = parts.reduce<unknown>(
    (at, part) => (isSchema(at) && Object.hasOwn(at, part) ? at[part] : undefined),
    root,
  );
  return isSchema(target) ? { ...target, ...rest } : schema;
};

/** The types that a value may have; null if the schema does not say. */
export const typesOf = ({ type }: Schema): readonly string[] | null =>
  typeof type === 'string' ? [type] : Array.isArray(type) ? type.map(String) : null;

/** The values that are allowed; null without a list of them. */
export const valuesOf = (schema: Schema): readonly unknown[] | null =>
  Object.hasOwn(schema, 'const')
    ? [schema['const']]
    : Array.isArray(schema['enum'])
      ? (schema['enum'] as readonly unknown[])
      : null;

export const requiredOf = ({ required }: Schema): ReadonlySet<string> =>
  new Set(Array.isArray(required) ? required.map(String) : []);

export const propertiesOf = ({ properties }: Schema): readonly (readonly [string, Schema])[] =>
  isSchema(properties)
    ? Object.entries(properties).map(([name, each]) => [name, isSchema(each) ? each : {}])
    : [];

export const itemsOf = ({ items }: Schema): Schema | null => (isSchema(items) ? items : null);

/** `order` and `id` as `order.id`; the elements of `lines` as `lines[]`. */
export const childPath = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

/** Deeper parts are not examined: a schema can refer to itself. */
export const MAX_DEPTH = 8;
