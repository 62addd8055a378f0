import type { JsonObject } from '../core/json.ts';

/** Generates data for event types that have a schema but no example. */
export interface SampleData {
  /**
   * Data that is valid against a JSON Schema that has passed `validateSchema`; null when none could be generated within
   * the limits of time, memory and size. Equal schemas get equal data. Never blocks this thread, whatever the schema.
   * @throws BellwireError `overloaded` if too many schemas wait, `shutting_down`.
   */
  readonly of: (schema_text: string) => Promise<JsonObject | null>;
}
