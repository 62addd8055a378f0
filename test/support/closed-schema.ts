import { isJsonObject, type Json, type JsonObject } from '../../packages/server/src/core/json.ts';

const mapped = (value: Json | undefined, change: (schema: JsonObject) => JsonObject): Json | undefined => {
  if (Array.isArray(value)) return value.map((one) => (isJsonObject(one) ? change(one) : one));
  return isJsonObject(value) ? change(value) : value;
};

const inMap = (value: Json | undefined): Json | undefined =>
  isJsonObject(value)
    ? Object.fromEntries(
        Object.entries(value).map(([name, schema]) => [name, mapped(schema, closed) ?? null]),
      )
    : value;

/** The same schema, but a field that it does not name is an error wherever it names fields. */
export const closed = (schema: JsonObject): JsonObject => {
  const parts = Object.entries({
    properties: inMap(schema['properties']),
    items: mapped(schema['items'], closed),
    anyOf: mapped(schema['anyOf'], closed),
    oneOf: mapped(schema['oneOf'], closed),
    additionalProperties:
      mapped(schema['additionalProperties'], closed) ??
      (schema['properties'] === undefined ? undefined : false),
  }).filter((part): part is [string, Json] => part[1] !== undefined);
  return { ...schema, ...Object.fromEntries(parts) };
};
