import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Schemas } from './types.ts';

/** The last part of a `$ref`. */
export const nameIn = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1);

/** Follows a `$ref` to a named schema. Throws for an unknown name. */
export const resolve = (schema: JsonObject, named: Schemas): JsonObject => {
  const { $ref } = schema;
  if (typeof $ref !== 'string') return schema;
  const found = named[nameIn($ref)];
  if (found === undefined) throw new Error(`${$ref} is not a known schema`);
  return found;
};

const schemasIn = (value: Json | undefined): readonly (readonly [string, JsonObject])[] =>
  isJsonObject(value)
    ? Object.entries(value).flatMap(([name, schema]) =>
        isJsonObject(schema) ? [[name, schema] as const] : [],
      )
    : [];

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** The description of a schema, or an empty string. */
export const descriptionOf = ({ description }: JsonObject): string =>
  typeof description === 'string' ? description : '';

/** The names of the required fields of an object schema. */
export const requiredIn = ({ required }: JsonObject): readonly string[] =>
  isList(required) ? required.map(String) : [];

/** The fields of an object schema. */
export const fieldsOf = (schema: JsonObject): readonly (readonly [string, JsonObject])[] =>
  schemasIn(schema['properties']);

/** The alternatives of a schema. */
export const choicesOf = ({ anyOf, oneOf }: JsonObject): readonly JsonObject[] => {
  const choices = isList(anyOf) ? anyOf : oneOf;
  return isList(choices) ? choices.filter(isJsonObject) : [];
};

/**
 * An example value: the schema's own example, or one composed from its parts. `isWanted` selects the fields of an
 * object. Throws when the schema has no example, since the documentation must have one everywhere.
 */
export const exampleOf = (
  schema: JsonObject,
  named: Schemas,
  isWanted: (name: string) => boolean = () => true,
): Json => {
  const { examples, const: only, items } = schema;
  const [example] = isList(examples) ? examples : [];
  if (example !== undefined) return example;
  if (only !== undefined) return only;
  if (typeof schema['$ref'] === 'string') return exampleOf(resolve(schema, named), named, isWanted);
  const [choice] = choicesOf(schema);
  if (choice !== undefined) return exampleOf(choice, named);
  if (isJsonObject(items)) return [exampleOf(items, named)];
  const fields = fieldsOf(schema);
  if (fields.length === 0) throw new Error(`there is no example for ${JSON.stringify(schema)}`);
  return Object.fromEntries(
    fields.filter(([name]) => isWanted(name)).map(([name, field]) => [name, exampleOf(field, named)]),
  );
};
