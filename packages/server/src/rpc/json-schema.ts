import { z } from 'zod';
import type { JsonObject } from '../core/json.ts';

/** A zod schema as JSON Schema (draft 2020-12). */
export interface Described {
  readonly schema: JsonObject;
  /** The named schemas that it refers to as `#/components/schemas/Name`. */
  readonly named: Readonly<Record<string, JsonObject>>;
}

/** Removes keywords that zod adds and that carry no information. */
const tidy = (schema: z.core.JSONSchema.BaseSchema, io: 'input' | 'output'): void => {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.format === 'date-time') delete schema.pattern;
  if (JSON.stringify(schema.propertyNames) === '{"type":"string"}') delete schema.propertyNames;
  // Responses can gain fields.
  if (io === 'output' && schema.additionalProperties === false) delete schema.additionalProperties;
};

/** The JSON Schema of an input or output. */
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
