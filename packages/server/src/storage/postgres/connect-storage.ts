import type { Cluster } from '../../core/cluster.ts';
import { createCaches } from '../caches.ts';
import type { Cipher } from '../cipher.ts';
import { Invalidations } from '../invalidations.ts';
import type { MaxAge } from '../max-age.ts';
import type { Storage, StorageParts } from '../open-storage.ts';
import { findHooksAt } from '../repositories/hooks-at.ts';
import { createRepositories } from '../repositories/repositories.ts';
import { type PostgresDatabase, withStorageErrors } from './database.ts';
import { PostgresStore } from './store.ts';

/** The store and the repositories of a migrated database. Other nodes change it too: caches are at most `max_age` old. */
export const connectPostgres = (
  database: PostgresDatabase,
  cipher: Cipher,
  { max_age, cluster, ...parts }: StorageParts & { readonly max_age: MaxAge; readonly cluster: Cluster },
): Storage & { readonly invalidations: Invalidations } => {
  const db = withStorageErrors(database);
  const invalidations = new Invalidations();
  const caches = createCaches({ db, invalidations, max_age });
  const store = new PostgresStore({ ...parts, database, caches, cipher, invalidations, max_age, cluster });
  return {
    store,
    cluster,
    repositories: createRepositories({ db, reader: db }, { ...parts, caches, cipher, invalidations }),
    hooksAt: async (at) => {
      const hooks = await store.hooks(await findHooksAt(db, at));
      return [...hooks.values()].filter((hook) => hook !== null);
    },
    invalidations,
  };
};
