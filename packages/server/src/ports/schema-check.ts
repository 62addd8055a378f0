import type { Issue } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';

/** The violations of a JSON Schema (draft 2020-12, as JSON text); empty if the data is valid. */
export type SchemaCheck = (schema_text: string, data: JsonObject) => readonly Issue[];
