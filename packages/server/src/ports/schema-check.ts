import type { Issue } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';

/** What is wrong with data under a JSON Schema (draft 2020-12); empty when nothing is. `schema_text` names the schema. */
export type SchemaCheck = (schema: JsonObject, schema_text: string, data: JsonObject) => readonly Issue[];
