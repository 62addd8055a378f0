import { z } from 'zod';
import type { JsonObject } from '../core/json.ts';

/** A zod schema as JSON Schema (draft 2020-12). */
export interface Described {
  readonly schema: JsonObject;
  /** The schemas with a name that it refers to as `#/components/schemas/Name`. */
  readonly named: Readonly<Record<string, JsonObject>>;
}

/** What zod writes out and says nothing: an integer is one, a time is a time. */
const tidy = (schema: z.core.JSONSchema.BaseSchema, io: 'input' | 'output'): void => {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.format === 'date-time') delete schema.pattern;
  if (JSON.stringify(schema.propertyNames) === '{"type":"string"}') delete schema.propertyNames;
  // An answer may have more fields one day.
  if (io === 'output' && schema.additionalProperties === false) delete schema.additionalProperties;
};

/** How an input or an answer is documented. */
export const toJsonSchema = (schema: z.ZodType, io: 'input' | 'output'): Described => {
  const text = JSON.stringify(
    z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      override: ({ jsonSchema }) => tidy(jsonSchema, io),
    }),
  );
  const {
    $schema: _,
    $defs = {},
    ...rest
  } = JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonObject;
  return { schema: rest, named: $defs as Described['named'] };
};
