import type { Issue } from '../core/errors.ts';
import type { IdFactory } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import type { CatalogEntry } from '../dialects/dialect.ts';
import type { Accept } from '../engine/accept.ts';
import type { Hooks } from '../engine/hooks.ts';
import type { Keys } from '../engine/keys.ts';
import type { Records } from '../engine/records.ts';

/** What the routers call. Functions only: nothing here shows in the published types. */
export interface RpcDeps {
  readonly accept: Accept;
  readonly hooks: Hooks;
  readonly keys: Keys;
  readonly records: Records;
  readonly redeliver: (workspace_id: string, delivery_id: string) => Promise<void>;
  readonly now: () => number;
  readonly ids: IdFactory;
  /** What is wrong with a JSON Schema for an event type. */
  readonly judgeSchema: (schema: JsonObject) => readonly Issue[];
  /** The catalog that a workspace of a dialect starts with; null for an unknown dialect. */
  readonly catalogOfDialect: (dialect: string) => readonly CatalogEntry[] | null;
}
