import { createIdFactory, type IdFactory } from '../../packages/server/src/core/ids.ts';
import { createDialects } from '../../packages/server/src/dialects/registry.ts';
import type { Repositories } from '../../packages/server/src/ports/repositories.ts';
import type { Store } from '../../packages/server/src/ports/store.ts';
import { createCipher } from '../../packages/server/src/storage/cipher.ts';
import { migrateToLatest } from '../../packages/server/src/storage/migrations/migrate.ts';
import { connectStorage } from '../../packages/server/src/storage/open-storage.ts';
import { openSqlite, type SqliteDatabase } from '../../packages/server/src/storage/sqlite/database.ts';
import { sqliteSchema } from '../../packages/server/src/storage/sqlite/schema-dialect.ts';
import { type Arrange, createArrange } from './arrange.ts';
import { createSeededRandom } from './seeded-random.ts';
import { VIRTUAL_START } from './virtual-clock.ts';

export interface TestStore extends AsyncDisposable {
  readonly database: SqliteDatabase;
  readonly store: Store;
  readonly repositories: Repositories;
  readonly ids: IdFactory;
  readonly arrange: Arrange;
  /** The store of another node over the same database. */
  readonly successor: () => Store;
  /** Both over the same database, with empty caches: what a new process has. */
  readonly reopen: () => Pick<TestStore, 'store' | 'repositories'>;
}

export interface TestStoreOptions {
  /** ':memory:' when left out. */
  readonly path?: string;
  readonly seed?: number;
  readonly now?: () => number;
}

const KEY_RING = `test:${Buffer.alloc(32, 7).toString('base64')}`;

/** The real SQLite store with its tables, and hands to arrange things around it. */
export const openTestStore = async (options: TestStoreOptions = {}): Promise<TestStore> => {
  const { path = ':memory:', seed = 1, now = () => VIRTUAL_START } = options;
  const database = openSqlite(path);
  await migrateToLatest(database.db, sqliteSchema);
  const ids = createIdFactory(now, createSeededRandom(seed).bytes);
  const cipher = createCipher(KEY_RING);
  const dialects = createDialects();
  const connect = () =>
    connectStorage(database, cipher, {
      ids,
      node_id: ids('node'),
      wireIdOf: (dialect, event_id) => dialects.get(dialect)?.wire_id?.(event_id) ?? null,
    });
  let current = connect();
  const arrange = createArrange({
    db: database.db,
    cipher,
    ids,
    now,
    onChanged: (workspace_id, hook_id) =>
      current.invalidations.publish({ kind: 'hook', workspace_id, hook_id }),
  });
  return {
    database,
    store: current.store,
    repositories: current.repositories,
    ids,
    arrange,
    successor: () => connect().store,
    reopen: () => {
      current = connect();
      return current;
    },
    [Symbol.asyncDispose]: () => database.close(),
  };
};
