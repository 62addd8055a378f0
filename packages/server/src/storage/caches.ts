import type { Kysely } from 'kysely';
import type { JsonObject } from '../core/json.ts';
import type { WorkspaceCatalog } from '../ports/store.ts';
import type { KeyScope } from '../core/api-key.ts';
import { createLoadingCache, type LoadingCache } from './loading-cache.ts';
import type { Schema } from './schema.ts';
import type { HookCache } from './sqlite/hook-cache.ts';

export interface KnownKey {
  readonly id: string;
  readonly workspace_id: string | null;
  readonly scope: KeyScope;
}

/** What the hot path reads on every call, kept in memory. Whoever changes a row clears what stands here for it. */
export interface Caches {
  readonly hooks: HookCache;
  readonly catalogs: LoadingCache<WorkspaceCatalog | null>;
  /** By the hash of the key. */
  readonly keys: LoadingCache<KnownKey | null>;
  readonly clear: () => void;
}

const MOST_WORKSPACES = 10_000;
/** Includes keys that do not exist, so that a client with a wrong key costs no query a call. */
const MOST_KEYS = 10_000;

const parse = (text: string | null): JsonObject | null =>
  text === null ? null : (JSON.parse(text) as JsonObject);

const loadCatalog =
  (db: Kysely<Schema>) =>
  async (id: string): Promise<WorkspaceCatalog | null> => {
    const workspace = await db
      .selectFrom('bellwire_workspaces')
      .select(['id', 'dialect', 'strict'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (workspace === undefined) return null;
    const types = await db
      .selectFrom('bellwire_event_types')
      .select(['name', 'schema', 'example'])
      .where('workspace_id', '=', id)
      .execute();
    return {
      id,
      dialect: workspace.dialect,
      strict: workspace.strict === 1,
      event_types: new Map(
        types.map((type) => [
          type.name,
          { schema: parse(type.schema), schema_text: type.schema, example: parse(type.example) },
        ]),
      ),
    };
  };

const loadKey =
  (db: Kysely<Schema>) =>
  async (hash: string): Promise<KnownKey | null> =>
    (await db
      .selectFrom('bellwire_api_keys')
      .select(['id', 'workspace_id', 'scope'])
      .where('hash', '=', hash)
      .executeTakeFirst()) ?? null;

export const createCaches = (db: Kysely<Schema>, hooks: HookCache): Caches => {
  const catalogs = createLoadingCache(loadCatalog(db), MOST_WORKSPACES);
  const keys = createLoadingCache(loadKey(db), MOST_KEYS);
  const clear = (): void => {
    hooks.clear();
    catalogs.clear();
    keys.clear();
  };
  return { hooks, catalogs, keys, clear };
};
