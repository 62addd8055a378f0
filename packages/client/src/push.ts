import { BellwireError, invalidInput } from './bellwire-error.ts';
import type { Catalog } from './catalog.ts';
import type { CallOptions } from './retry.ts';
import type { Listing } from './listing.ts';
import type { EventType } from '@bellwire/server';
import type { StandardSchema } from './standard-schema.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

/** Converts a schema to JSON Schema (draft 2020-12). */
export type ToJsonSchema = (schema: StandardSchema, name: string) => object;

interface Calls {
  readonly put: (name: string, fields: object, options: CallOptions) => Promise<unknown>;
  readonly list: (fields: object, options: CallOptions) => Listing<EventType>;
}

const convert = (
  name: string,
  schema: StandardSchema,
  toJsonSchema: ToJsonSchema | undefined,
): JsonSchema => {
  const { vendor, jsonSchema } = schema['~standard'];
  if (toJsonSchema === undefined && jsonSchema === undefined) {
    const message = `${vendor} does not export JSON Schema itself. Pass the option to_json_schema to createClient; for valibot, use toJsonSchema of @valibot/to-json-schema`;
    throw invalidInput([{ path: name, message }]);
  }
  try {
    return toJsonSchema === undefined
      ? (jsonSchema?.output({ target: 'draft-2020-12' }) ?? {})
      : (toJsonSchema(schema, name) as JsonSchema);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `The schema of ${name} cannot be converted to JSON Schema: ${reason}.`;
    throw new BellwireError('schema_invalid', message, { issues: [{ path: name, message: reason }], cause });
  }
};

const first = (values: unknown): unknown =>
  Array.isArray(values) ? (values as readonly unknown[])[0] : undefined;

/** The schema's description and its first examples, or else those on the server. */
const fieldsOf = (schema: JsonSchema, known: EventType | undefined) => {
  const { description, examples, previous_examples } = schema;
  return {
    schema,
    description: typeof description === 'string' ? description : (known?.description ?? ''),
    example: first(examples) ?? known?.example ?? null,
    previous_example: first(previous_examples) ?? known?.previous_example ?? null,
  };
};

/** The fields without the examples that were refused; null if the server did not have them. */
const withoutKept = (
  fields: ReturnType<typeof fieldsOf>,
  error: unknown,
  known: EventType | undefined,
): ReturnType<typeof fieldsOf> | null => {
  if (!(error instanceof BellwireError) || error.code !== 'schema_violation') return null;
  const field = (['example', 'previous_example'] as const).find((name) =>
    error.issues?.some(({ path }) => path.split('.', 1)[0] === name),
  );
  const isKept = field !== undefined && fields[field] !== null && fields[field] === known?.[field];
  return isKept ? { ...fields, [field]: null } : null;
};

/**
 * Publishes a catalog as the JSON Schemas of the data that is sent. Types that exist only on the server are kept, and so
 * are descriptions and examples that a schema does not have; kept examples that do not match the new schema are removed.
 * @throws BellwireError before publishing anything, if a schema cannot be converted
 */
export const createPush =
  ({ put, list }: Calls, own: Catalog | undefined, toJsonSchema: ToJsonSchema | undefined) =>
  async (catalog: Catalog | undefined = own, options: CallOptions = {}): Promise<readonly EventType[]> => {
    if (catalog === undefined) {
      throw invalidInput([{ path: 'catalog', message: 'must be passed here or to createClient' }]);
    }
    const schemas = Object.entries(catalog).map(
      ([name, schema]) => [name, convert(name, schema, toJsonSchema)] as const,
    );
    const known = new Map<string, EventType>();
    for await (const type of list({ limit: 1000 }, options)) known.set(type.name, type);
    const store = async (name: string, schema: JsonSchema): Promise<unknown> => {
      let fields = fieldsOf(schema, known.get(name));
      for (;;) {
        try {
          return await put(name, fields, options);
        } catch (error) {
          const fewer = withoutKept(fields, error, known.get(name));
          if (fewer === null) throw error;
          fields = fewer;
        }
      }
    };
    return (await Promise.all(schemas.map(([name, schema]) => store(name, schema)))) as EventType[];
  };
