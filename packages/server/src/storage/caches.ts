import type { Kysely } from 'kysely';
import type { KeyScope } from '../core/api-key.ts';
import type { JsonObject } from '../core/json.ts';
import { toLimits } from '../core/limits.ts';
import { ownerKey, ownerOfKey } from '../core/owner.ts';
import type { WorkspaceCatalog } from '../ports/store.ts';
import type { Invalidations } from './invalidations.ts';
import { LoadingCache } from './loading-cache.ts';
import type { MaxAge } from './max-age.ts';
import type { Schema } from './schema.ts';

export interface KnownKey {
  readonly id: string;
  readonly workspace_id: string | null;
  readonly scope: KeyScope;
  readonly events_per_second: number | null;
}

/** In-memory caches of rows that nearly every call reads, until they change. */
export interface Caches {
  readonly catalogs: LoadingCache<WorkspaceCatalog | null>;
  /** By the hash of the key. Includes unknown keys, so that calls with a wrong key do not each cost a query. */
  readonly keys: LoadingCache<KnownKey | null>;
  /** The limits of events per second of tenants, by `ownerKey`. */
  readonly event_rates: LoadingCache<number | null>;
}

const CATALOGS_MAX = 10_000;
const KEYS_MAX = 10_000;
const EVENT_RATES_MAX = 50_000;

const parse = (text: string | null): JsonObject | null =>
  text === null ? null : (JSON.parse(text) as JsonObject);

const loadCatalog =
  (db: Kysely<Schema>) =>
  async (id: string): Promise<WorkspaceCatalog | null> => {
    const workspace = await db
      .selectFrom('bellwire_workspaces')
      .select(['id', 'dialect', 'strict'])
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (workspace === undefined) return null;
    const types = await db
      .selectFrom('bellwire_event_types')
      .select(['name', 'schema', 'example', 'previous_example'])
      .where('workspace_id', '=', id)
      .execute();
    return {
      id,
      dialect: workspace.dialect,
      strict: workspace.strict === 1,
      event_types: new Map(
        types.map((type) => [
          type.name,
          {
            schema: parse(type.schema),
            schema_text: type.schema,
            example: parse(type.example),
            previous_example: parse(type.previous_example),
          },
        ]),
      ),
    };
  };

const loadKey =
  (db: Kysely<Schema>) =>
  async (hash: string): Promise<KnownKey | null> =>
    (await db
      .selectFrom('bellwire_api_keys')
      .select(['id', 'workspace_id', 'scope', 'events_per_second'])
      .where('hash', '=', hash)
      .executeTakeFirst()) ?? null;

const loadEventRate =
  (db: Kysely<Schema>) =>
  async (key: string): Promise<number | null> => {
    const [workspace_id, tenant] = ownerOfKey(key);
    const row = await db
      .selectFrom('bellwire_tenants')
      .select('limits')
      .where('workspace_id', '=', workspace_id)
      .where('tenant', '=', tenant)
      .executeTakeFirst();
    return row === undefined ? null : toLimits(row.limits).events_per_second;
  };

export interface CachesOptions {
  readonly db: Kysely<Schema>;
  readonly invalidations: Invalidations;
  /** Null if only this process writes to the database. */
  readonly max_age: MaxAge | null;
}

export const createCaches = ({ db, invalidations, max_age }: CachesOptions): Caches => {
  const catalogs = new LoadingCache({ load: loadCatalog(db), max: CATALOGS_MAX, max_age });
  const keys = new LoadingCache({ load: loadKey(db), max: KEYS_MAX, max_age });
  const event_rates = new LoadingCache({ load: loadEventRate(db), max: EVENT_RATES_MAX, max_age });
  invalidations.subscribe((changed) => {
    if (changed.kind === 'tenant') event_rates.delete(ownerKey([changed.workspace_id, changed.tenant]));
    if (changed.kind === 'catalog') catalogs.delete(changed.workspace_id);
    if (changed.kind === 'api_key') keys.delete(changed.hash);
  });
  return { catalogs, keys, event_rates };
};
