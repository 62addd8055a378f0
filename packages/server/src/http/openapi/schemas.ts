import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Schemas } from './types.ts';

/** The last part of a `$ref`. */
export const nameIn = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1);

/** The schema itself, where it is one that has a name. */
export const resolve = (schema: JsonObject, named: Schemas): JsonObject => {
  const { $ref } = schema;
  if (typeof $ref !== 'string') return schema;
  const found = named[nameIn($ref)];
  if (found === undefined) throw new Error(`${$ref} names no schema`);
  return found;
};

const schemasIn = (value: Json | undefined): readonly (readonly [string, JsonObject])[] =>
  isJsonObject(value)
    ? Object.entries(value).flatMap(([name, schema]) =>
        isJsonObject(schema) ? [[name, schema] as const] : [],
      )
    : [];

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** What a schema says of itself; empty when nothing. */
export const descriptionOf = ({ description }: JsonObject): string =>
  typeof description === 'string' ? description : '';

/** The names of the fields of an object that must be there. */
export const requiredIn = ({ required }: JsonObject): readonly string[] =>
  isList(required) ? required.map(String) : [];

/** The fields of an object schema. */
export const fieldsOf = (schema: JsonObject): readonly (readonly [string, JsonObject])[] =>
  schemasIn(schema['properties']);

/** The schemas of which a value fits one. */
export const choicesOf = ({ anyOf, oneOf }: JsonObject): readonly JsonObject[] => {
  const choices = isList(anyOf) ? anyOf : oneOf;
  return isList(choices) ? choices.filter(isJsonObject) : [];
};

/**
 * A value that fits a schema: its own example, else one made from those of its parts; of an object the fields that
 * `wants` lets through. Throws for a schema that does not say enough: the documentation would have a gap there.
 */
export const exampleOf = (
  schema: JsonObject,
  named: Schemas,
  wants: (name: string) => boolean = () => true,
): Json => {
  const { examples, const: only, items } = schema;
  const [example] = isList(examples) ? examples : [];
  if (example !== undefined) return example;
  if (only !== undefined) return only;
  if (typeof schema['$ref'] === 'string') return exampleOf(resolve(schema, named), named, wants);
  const [choice] = choicesOf(schema);
  if (choice !== undefined) return exampleOf(choice, named);
  if (isJsonObject(items)) return [exampleOf(items, named)];
  const fields = fieldsOf(schema);
  if (fields.length === 0) throw new Error(`there is no example of ${JSON.stringify(schema)}`);
  return Object.fromEntries(
    fields.filter(([name]) => wants(name)).map(([name, field]) => [name, exampleOf(field, named)]),
  );
};
