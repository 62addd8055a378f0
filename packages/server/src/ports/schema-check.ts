import type { Issue } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';

/** The violations of a JSON Schema (draft 2020-12); empty if the data is valid. `schema_text` is the cache key. */
export type SchemaCheck = (schema: JsonObject, schema_text: string, data: JsonObject) => readonly Issue[];
