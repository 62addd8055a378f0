import { BellwireError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { SampleData } from '../ports/sample-data.ts';
import type { SchemaCheck, SchemaOwner } from '../ports/schema-check.ts';

/** The data of an event that is sent as an example. */
export interface Sample {
  readonly data: JsonObject;
  readonly previous_data: JsonObject | null;
}

/** A catalog's entry of an event type. */
export interface SampleSource {
  readonly schema?: JsonObject | null;
  readonly example?: JsonObject | null;
  readonly previous_example?: JsonObject | null;
}

/**
 * The first example of the sources that matches the schema of the type; without one, data generated from the schema, or
 * `{}` for a type without a schema. The schema is that of the first source that has one.
 * @throws BellwireError `example_required` if no valid data could be generated, and the errors of `SchemaCheck`.
 */
export type SampleOf = (owner: SchemaOwner, sources: readonly SampleSource[]) => Promise<Sample>;

export interface SamplesOptions {
  readonly check: SchemaCheck;
  readonly sample_data: SampleData;
}

const exampleRequired = (type: string) =>
  new BellwireError(
    'example_required',
    `No valid data could be generated from the schema of "${type}". Store an example with PUT /v1/event-types/${encodeURIComponent(type)}, or pass data.`,
  );

export const createSampleOf =
  ({ check, sample_data }: SamplesOptions): SampleOf =>
  async (owner, sources) => {
    const schema = sources.map((source) => source.schema ?? null).find((one) => one !== null) ?? null;
    const schema_text = schema === null ? null : JSON.stringify(schema);
    const isValid = async (data: JsonObject): Promise<boolean> =>
      schema_text === null ||
      (await check({ ...owner, schema_text, data, data_text: JSON.stringify(data) })).length === 0;
    const firstValid = async (
      examples: readonly (JsonObject | null | undefined)[],
    ): Promise<JsonObject | null> => {
      for (const data of examples) {
        if (data !== null && data !== undefined && (await isValid(data))) return data;
      }
      return null;
    };

    const previous_data = await firstValid(sources.map(({ previous_example }) => previous_example));
    const example = await firstValid(sources.map((source) => source.example));
    if (example !== null) return { data: example, previous_data };
    if (schema_text === null) return { data: {}, previous_data };
    const data = await sample_data.of(schema_text);
    if (data === null) throw exampleRequired(owner.type);
    return { data, previous_data };
  };
