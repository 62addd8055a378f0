import type { Cluster } from '../../core/cluster.ts';
import type { Clock } from '../../ports/clock.ts';
import { createCaches } from '../caches.ts';
import type { Cipher } from '../cipher.ts';
import { atAnyTime, createInTime } from '../in-time.ts';
import { Invalidations } from '../invalidations.ts';
import type { MaxAge } from '../max-age.ts';
import type { Storage, StorageParts } from '../open-storage.ts';
import { findHooksAt } from '../repositories/hooks-at.ts';
import { createRepositories } from '../repositories/repositories.ts';
import { type PostgresDatabase, withStorageErrors } from './database.ts';
import { PostgresStore } from './store.ts';

export interface PostgresParts extends StorageParts {
  readonly max_age: MaxAge;
  readonly cluster: Cluster;
  /** Maximum time for which the sender of an event waits for the database, by this clock; no limit by default. */
  readonly accept_wait?: { readonly ms: number; readonly clock: Pick<Clock, 'after'> };
}

/** The store and the repositories of a migrated database. Other nodes change it too: caches are at most `max_age` old. */
export const connectPostgres = (
  database: PostgresDatabase,
  cipher: Cipher,
  { max_age, cluster, accept_wait, ...parts }: PostgresParts,
): Storage & { readonly invalidations: Invalidations } => {
  const db = withStorageErrors(database);
  const invalidations = new Invalidations();
  const inTime = accept_wait === undefined ? atAnyTime : createInTime(accept_wait.clock, accept_wait.ms);
  const shared = { invalidations, max_age, inTime };
  const caches = createCaches({ db, ...shared });
  const store = new PostgresStore({ ...parts, ...shared, database, caches, cipher, cluster });
  const repositories = createRepositories({ db, reader: db }, { ...parts, caches, cipher, invalidations });
  const { idsOf } = repositories.hooks;
  return {
    store,
    cluster,
    accept_wait_ms: accept_wait?.ms ?? null,
    // An event can name its hooks by number.
    repositories: {
      ...repositories,
      hooks: { ...repositories.hooks, idsOf: (...of) => inTime(idsOf(...of)) },
    },
    hooksAt: async (at) => {
      const hooks = await store.hooks(await findHooksAt(db, at));
      return [...hooks.values()].filter((hook) => hook !== null);
    },
    invalidations,
  };
};
