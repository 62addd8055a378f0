import { createIdFactory } from '../../packages/server/src/core/ids.ts';
import { createDialects } from '../../packages/server/src/dialects/registry.ts';
import type { Kysely } from 'kysely';
import { type Cipher, createCipher } from '../../packages/server/src/storage/cipher.ts';
import { migrateToLatest } from '../../packages/server/src/storage/migrations/migrate.ts';
import { ALONE } from '../../packages/server/src/core/cluster.ts';
import type { Invalidations } from '../../packages/server/src/storage/invalidations.ts';
import {
  connectStorage,
  type Storage,
  type StorageParts,
} from '../../packages/server/src/storage/open-storage.ts';
import { connectPostgres } from '../../packages/server/src/storage/postgres/connect-storage.ts';
import { openPostgres, type PostgresDatabase } from '../../packages/server/src/storage/postgres/database.ts';
import type { Schema } from '../../packages/server/src/storage/schema.ts';
import { openSqlite } from '../../packages/server/src/storage/sqlite/database.ts';
import { sqliteSchema } from '../../packages/server/src/storage/sqlite/schema-dialect.ts';
import { createArrange } from './arrange.ts';
import { createSeededRandom } from './seeded-random.ts';
import { storage, takePostgres } from './storage.ts';
import { createTemporaryFolder } from './temporary-folder.ts';
import { VIRTUAL_START } from './virtual-clock.ts';

export interface TestStoreOptions {
  /** `:memory:` by default. */
  readonly path?: string;
  readonly seed?: number;
  readonly now?: () => number;
}

export const TEST_KEY_RING = `test:${Buffer.alloc(32, 7).toString('base64')}`;

type Connected = Storage & { readonly invalidations: Invalidations };

/** A store and repositories over an empty database, with functions that arrange its rows. */
const openOver = <D extends { readonly db: Kysely<Schema> }>(
  database: D,
  {
    seed = 1,
    now = () => VIRTUAL_START,
    connect,
  }: TestStoreOptions & { readonly connect: (cipher: Cipher, parts: StorageParts) => Connected },
) => {
  const ids = createIdFactory(now, createSeededRandom(seed).bytes);
  const cipher = createCipher(TEST_KEY_RING);
  const dialects = createDialects();
  const connectNode = () =>
    connect(cipher, {
      ids,
      node_id: ids('node'),
      wireIdOf: (dialect, event_id) => dialects.get(dialect)?.wire_id?.(event_id) ?? null,
    });
  let current = connectNode();
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
    /** The store of another node over the same database. */
    successor: () => connectNode().store,
    /** The store and repositories over the same database with empty caches, as after a restart. */
    reopen: () => {
      current = connectNode();
      return current;
    },
  };
};

/** The real SQLite store and repositories over an empty database, with functions that arrange its rows. */
export const openTestStore = async (options: TestStoreOptions = {}) => {
  const { path = ':memory:' } = options;
  const database = openSqlite(path);
  await migrateToLatest(database.db, sqliteSchema);
  return {
    ...openOver(database, {
      ...options,
      connect: (cipher, parts) => connectStorage(database, cipher, parts),
    }),
    [Symbol.asyncDispose]: () => database.close(),
  };
};

const MAX_AGE = { ms: 5_000, monotonic: () => performance.now() };

/** The same over the PostgreSQL database at `url`, which has our tables. */
export const openPostgresStore = (
  url: string,
  { schema = null, ...options }: TestStoreOptions & { readonly schema?: string | null } = {},
) => {
  const database = openPostgres(url, { schema });
  return {
    ...openOver(database, {
      ...options,
      connect: (cipher, parts) =>
        connectPostgres(database, cipher, { ...parts, max_age: MAX_AGE, cluster: ALONE }),
    }),
    [Symbol.asyncDispose]: () => database.close(),
  };
};

/** A store of any database. */
export type StoreUnderTest = ReturnType<typeof openOver<{ readonly db: Kysely<Schema> }>> & AsyncDisposable;

/** The end of the next query of a pool; null when there is none. */
const workOf =
  ({ pool }: PostgresDatabase) =>
  (): Promise<void> | null =>
    pool.totalCount === pool.idleCount && pool.waitingCount === 0
      ? null
      : new Promise((resolve) => void pool.once('release', () => resolve()));

/** An empty store on the database of this project's tests. */
export const openStore = async (
  options: Omit<TestStoreOptions, 'path'> = {},
): Promise<StoreUnderTest & { readonly working: () => Promise<void> | null }> => {
  if (storage === 'SQLite') return { ...(await openTestStore(options)), working: () => null };
  const { database, [Symbol.asyncDispose]: dispose } = await takePostgres();
  return {
    ...openOver(database, {
      ...options,
      connect: (cipher, parts) =>
        connectPostgres(database, cipher, { ...parts, max_age: MAX_AGE, cluster: ALONE }),
    }),
    working: workOf(database),
    [Symbol.asyncDispose]: dispose,
  };
};

export type TestStore = Awaited<ReturnType<typeof openTestStore>>;

/** A test store in a file of a temporary folder, which is deleted with it. */
export const openTestStoreInFile = async () => {
  const folder = await createTemporaryFolder();
  const path = folder.file('bellwire.db');
  const opened = await openTestStore({ path });
  return {
    ...opened,
    folder,
    path,
    [Symbol.asyncDispose]: async () => {
      await opened[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
};
