import type { Issue } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';

/** The event type whose schema is used. Its workspace pays for the time. */
export interface SchemaOwner {
  readonly workspace_id: string;
  readonly type: string;
}

export interface DataToCheck extends SchemaOwner {
  /** A JSON Schema (draft 2020-12) that has passed the `SchemaValidation`, as JSON text. */
  readonly schema_text: string;
  readonly data: JsonObject;
  /** `data` as JSON text. */
  readonly data_text: string;
}

/**
 * The violations of a schema; empty if the data is valid. Never blocks this thread for long, whatever schema and data.
 * @throws BellwireError `schema_too_slow`, `schema_invalid` (it cannot be compiled), `too_many_requests` if the workspace
 * has used its share of time, `overloaded`, `shutting_down`.
 */
export type SchemaCheck = (checked: DataToCheck) => Promise<readonly Issue[]>;

/**
 * The issues of an untrusted JSON Schema, with paths relative to the schema; empty if it is valid. Never blocks this
 * thread for long.
 * @throws BellwireError `too_many_requests` if the workspace has used its share of time, `overloaded`, `shutting_down`.
 */
export type SchemaValidation = (owner: SchemaOwner, schema: JsonObject) => Promise<readonly Issue[]>;

/** The work of all checks since the start of the process. */
export interface SchemaCheckFacts {
  /** In the schema thread, including compilation, in milliseconds. */
  readonly thread_ms: number;
  /** Threads that were ended because a check exceeded its time or memory. */
  readonly ended_threads: number;
}
