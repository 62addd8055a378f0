import { Ajv2020, type Options, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats, { type FormatName } from 'ajv-formats';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { leanPattern } from './lean-pattern.ts';

// The formats of draft 2020-12 in ajv-formats. Of its others, `url` takes quadratic time (0.4 s for 20,000 characters).
const FORMATS: FormatName[] = [
  'date',
  'date-time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'json-pointer',
  'regex',
  'relative-json-pointer',
  'time',
  'uri',
  'uri-reference',
  'uri-template',
  'uuid',
];

const OPTIONS: Options = {
  // Unknown keywords and formats are annotations, as the specification requires.
  strict: false,
  logger: false,
  // Otherwise `{}` would have a property `toString`.
  ownProperties: true,
  // 19.99 is a multiple of 0.01 although the quotient of the doubles is 1998.9999999999998.
  multipleOfPrecision: 6,
  // Otherwise a thousand references to a large schema would become a thousand copies of its code.
  inlineRefs: false,
  code: {
    regExp: Object.assign((text: string, flags: string) => new RegExp(leanPattern(text), flags), {
      code: 'bellwire',
    }),
  },
};

/** The check would have followed too many references. */
export class TooManySteps extends Error {}

const STEP = 'bellwire:step';

const markReferences = (schema: JsonObject): JsonObject => {
  const marked = Object.entries(schema).map(([key, value]) => [key, markWithin(value)] as const);
  const refers = typeof schema['$ref'] === 'string' || typeof schema['$dynamicRef'] === 'string';
  return Object.fromEntries(refers ? [...marked, [STEP, true]] : marked);
};

const markWithin = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(markWithin);
  return isJsonObject(value) ? markReferences(value) : value;
};

export interface CompiledSchema {
  /** Runs the check. @throws TooManySteps if it follows more than `max_steps` references or does not end. */
  readonly run: (data: JsonObject, max_steps: number) => ValidateFunction['errors'];
}

/**
 * Compiles a schema that has passed `validateSchema`. Each has its own Ajv instance, so that an `$id` cannot collide and
 * nothing outlives the result. Never changes data. Throws what Ajv throws.
 */
export const compileSchema = (schema: JsonObject, allErrors: boolean): CompiledSchema => {
  let steps_left = 0;
  const ajv = new Ajv2020({ ...OPTIONS, allErrors, verbose: true, meta: false, validateSchema: false });
  addFormats.default(ajv, FORMATS);
  ajv.addKeyword({
    keyword: STEP,
    validate: () => {
      steps_left -= 1;
      if (steps_left < 0) throw new TooManySteps();
      return true;
    },
  });
  const validate = ajv.compile(markReferences(schema));
  return {
    run: (data, max_steps) => {
      steps_left = max_steps;
      try {
        return validate(data) ? null : validate.errors;
      } catch (error) {
        // A reference to itself overflows the stack.
        throw error instanceof RangeError ? new TooManySteps() : error;
      }
    },
  };
};

let meta: Ajv2020 | null = null;

/** @throws Error if the schema does not match the specification of its draft. */
const checkAgainstDraft = (schema: JsonObject): void => {
  // Kept, because it compiles the schema of schemas on first use.
  meta ??= new Ajv2020(OPTIONS);
  void meta.validateSchema(schema, true);
};

/** Why Ajv cannot use a schema; null if it can. */
export const schemaError = (schema: JsonObject): string | null => {
  try {
    checkAgainstDraft(schema);
    compileSchema(schema, false);
    return null;
  } catch (error) {
    // Generated code is nested, so that many keywords overflow the stack.
    if (error instanceof RangeError) return 'is too large to compile. Use fewer keywords';
    return error instanceof Error ? error.message : 'cannot be compiled';
  }
};
