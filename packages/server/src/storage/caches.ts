import type { Kysely } from 'kysely';
import { toLimits } from '../core/limits.ts';
import { ownerKey, ownerOfKey } from '../core/owner.ts';
import type { KnownKey } from '../ports/repositories.ts';
import type { WorkspaceCatalog } from '../ports/store.ts';
import type { InTime } from './in-time.ts';
import type { Invalidations } from './invalidations.ts';
import { LoadingCache } from './loading-cache.ts';
import type { MaxAge } from './max-age.ts';
import type { Schema } from './schema.ts';

/** In-memory caches of rows that nearly every call reads, until they change. */
export interface Caches {
  readonly catalogs: LoadingCache<WorkspaceCatalog | null>;
  /** The JSON texts of schemas, by `schemaKey`; null for a type without one. */
  readonly schemas: LoadingCache<string | null>;
  /** By id. Includes unknown ids, so that calls with a deleted key do not each cost a query. */
  readonly keys: LoadingCache<KnownKey | null>;
  /** The limits of events per second of tenants, by `ownerKey`. */
  readonly event_rates: LoadingCache<number | null>;
}

const CATALOGS_MAX = 10_000;
/** Each has at most 64 KiB. */
const SCHEMAS_MAX = 1_000;
const KEYS_MAX = 10_000;
const EVENT_RATES_MAX = 50_000;

const SEPARATOR = '\n';

/** The key of a schema in the cache. */
export const schemaKey = (workspace_id: string, type: string): string => workspace_id + SEPARATOR + type;

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
      // Conditions instead of values, because each text can have 64 KiB.
      .select(({ eb }) => [
        'name',
        eb('schema', 'is not', null).as('has_schema'),
        eb('example', 'is not', null).as('has_example'),
      ])
      .where('workspace_id', '=', id)
      .execute();
    return {
      id,
      dialect: workspace.dialect,
      strict: workspace.strict === 1,
      event_types: new Map(
        types.map(({ name, has_schema, has_example }) => [
          name,
          { has_schema: Boolean(has_schema), has_example: Boolean(has_example) },
        ]),
      ),
    };
  };

const loadSchema =
  (db: Kysely<Schema>) =>
  async (key: string): Promise<string | null> => {
    const [workspace_id = '', name = ''] = key.split(SEPARATOR);
    const type = await db
      .selectFrom('bellwire_event_types')
      .select('schema')
      .where('workspace_id', '=', workspace_id)
      .where('name', '=', name)
      .executeTakeFirst();
    return type?.schema ?? null;
  };

const loadKey =
  (db: Kysely<Schema>) =>
  async (id: string): Promise<KnownKey | null> =>
    (await db
      .selectFrom('bellwire_api_keys')
      .select(['id', 'workspace_id', 'scope', 'events_per_second', 'hash', 'expires_at'])
      .where('id', '=', id)
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
  /** Limits how long callers wait for the database. */
  readonly inTime?: InTime;
}

export const createCaches = ({ db, invalidations, ...options }: CachesOptions): Caches => {
  const catalogs = new LoadingCache({ ...options, load: loadCatalog(db), max: CATALOGS_MAX });
  const schemas = new LoadingCache({ ...options, load: loadSchema(db), max: SCHEMAS_MAX });
  const keys = new LoadingCache({ ...options, load: loadKey(db), max: KEYS_MAX });
  const event_rates = new LoadingCache({ ...options, load: loadEventRate(db), max: EVENT_RATES_MAX });
  invalidations.subscribe((changed) => {
    if (changed.kind === 'tenant') event_rates.delete(ownerKey([changed.workspace_id, changed.tenant]));
    if (changed.kind === 'catalog') {
      catalogs.delete(changed.workspace_id);
      schemas.deletePrefix(schemaKey(changed.workspace_id, ''));
    }
    if (changed.kind === 'api_key') keys.delete(changed.id);
  });
  return { catalogs, schemas, keys, event_rates };
};
