import type { Issue } from '../core/errors.ts';
import type { IdFactory } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import type { CatalogEntry } from '../dialects/dialect.ts';
import type { Accept } from '../delivery/accept.ts';
import type { Hooks } from '../admin/hooks.ts';
import type { Keys } from '../admin/keys.ts';
import type { Repositories } from '../ports/repositories.ts';
import type { Replay } from '../admin/replay.ts';
import type { Secrets } from '../admin/secrets.ts';
import type { TestSends } from '../admin/test-sends.ts';

/** What the routers call. Functions only: nothing here shows in the published types. */
export interface RpcDeps {
  readonly accept: Accept;
  readonly hooks: Hooks;
  readonly testSends: TestSends;
  readonly secrets: Secrets;
  readonly replay: Replay;
  readonly keys: Keys;
  readonly repositories: Repositories;
  readonly redeliver: (workspace_id: string, delivery_id: string) => Promise<unknown>;
  readonly now: () => number;
  readonly ids: IdFactory;
  /** What is wrong with a JSON Schema for an event type. */
  readonly validateSchema: (schema: JsonObject) => readonly Issue[];
  /** The catalog that a workspace of a dialect starts with; null for an unknown dialect. */
  readonly catalogOfDialect: (dialect: string) => readonly CatalogEntry[] | null;
}
