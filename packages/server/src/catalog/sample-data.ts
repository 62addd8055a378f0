import { type GenerateOptions, generateSync } from 'json-schema-faker';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { compileSchema } from './ajv.ts';

const SAMPLES: Readonly<Record<string, string>> = {
  'date-time': '2026-11-21T10:30:00Z',
  date: '2026-11-21',
  time: '10:30:00Z',
  duration: 'P1D',
  email: 'someone@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  'uri-reference': '/orders/1042',
  uuid: '01936d5e-0000-7000-8000-000000000000',
};

const BASE: GenerateOptions = {
  seed: 1,
  maxDefaultItems: 1,
  useExamplesValue: true,
  useDefaultValue: true,
  formats: Object.fromEntries(Object.entries(SAMPLES).map(([name, text]) => [name, () => text])),
};
const OWN_VALUES_IGNORED = { useExamplesValue: false, useDefaultValue: false };

// Higher limits are dangerous: a schema that refers to itself ten times grows tenfold with each level.
const DEEP = { maxDepth: 32, refDepthMin: 0, refDepthMax: 3 };
const MANY_REFERENCES = { maxDepth: 9, refDepthMin: 0, refDepthMax: 6 };

/** Tried in this order until one is valid: with every optional property, then with the required ones only. */
const ATTEMPTS: readonly GenerateOptions[] = [
  { ...BASE, ...DEEP, alwaysFakeOptionals: true },
  { ...BASE, ...DEEP, optionalsProbability: 0 },
  { ...BASE, ...MANY_REFERENCES, optionalsProbability: 0 },
  { ...BASE, ...DEEP, ...OWN_VALUES_IGNORED, optionalsProbability: 0 },
];

const MAX_CHECK_STEPS = 100_000;

const generate = (schema: JsonObject, options: GenerateOptions): unknown => {
  try {
    return generateSync(structuredClone(schema), options);
  } catch {
    // A keyword that the generator does not support, such as `$anchor`.
    return null;
  }
};

/**
 * Sample data that is valid against a JSON Schema of draft 2020-12, built from the schema's own examples and defaults
 * where possible. The same schema always gives the same data. Null when no valid object could be generated,
 * as for `$anchor` or more than five required references within each other.
 * `minItems` and `minLength` are followed whatever they are, so run it only in the sample worker, whose time and memory
 * are limited. Throws what Ajv throws for an invalid schema.
 */
export const createSampleData = (schema: JsonObject): JsonObject | null => {
  const { run } = compileSchema(schema, false);
  const isValid = (sample: unknown): sample is JsonObject =>
    isJsonObject(sample) && run(sample, MAX_CHECK_STEPS) === null;
  // A schema that allows several types would often give no object.
  for (const tried of [schema, { ...schema, type: 'object' }]) {
    for (const options of ATTEMPTS) {
      const sample = generate(tried, options);
      if (isValid(sample)) return sample;
    }
  }
  return isValid({}) ? {} : null;
};
