import { dirname, resolve } from 'node:path';
import { sql } from 'kysely';
import { BellwireError } from '../core/errors.ts';
import type { IdFactory } from '../core/ids.ts';
import type { SendableHook } from '../core/hook.ts';
import type { Clock } from '../ports/clock.ts';
import { ALONE, type Cluster } from '../core/cluster.ts';
import type { Repositories } from '../ports/repositories.ts';
import type { Store } from '../ports/store.ts';
import type { DatabaseFacts } from '../ports/system.ts';
import { createCaches } from './caches.ts';
import { checkCanaries, hasCanary, sealCanary } from './canary.ts';
import { type Cipher, createCipher } from './cipher.ts';
import { Invalidations } from './invalidations.ts';
import { type KeyRingFile, readOrCreateKeyRing } from './key-ring-file.ts';
import { createPrivateFolder } from './private-file.ts';
import { appliedMigrations, migrateToLatest } from './migrations/migrate.ts';
import { refuseUnfinishedMove } from './move/progress.ts';
import { isPostgresUrl } from './postgres/database-url.ts';
import { findHooksAt } from './repositories/hooks-at.ts';
import { createRepositories } from './repositories/repositories.ts';
import { checkSchema } from './sqlite/check-schema.ts';
import { assertDurable, openSqlite, type SqliteDatabase, type SqliteOptions } from './sqlite/database.ts';
import { type FileLock, lockDatabaseFile } from './sqlite/file-lock.ts';
import { createReader } from './sqlite/reader.ts';
import { sqliteSchema } from './sqlite/schema-dialect.ts';
import { SqliteStore, type SqliteStoreOptions } from './sqlite/store.ts';

/** The store and the repositories of one database. */
export interface Storage {
  readonly store: Store;
  readonly repositories: Repositories;
  /** Hooks of any workspace whose URL has this path. */
  readonly hooksAt: (path: string) => Promise<readonly SendableHook[]>;
  readonly cluster: Cluster;
  /** Maximum time for which the sender of an event waits for the database, in milliseconds; null for no limit. */
  readonly accept_wait_ms: number | null;
}

/** A database that is open and migrated. A file is locked for this process. */
export interface OpenedStorage extends Storage {
  /** The path of the file, or the URL of the database without its user. */
  readonly path: string;
  readonly facts: DatabaseFacts;
  /** The folder of files that belong to this database. */
  readonly folder: string;
  readonly inbox_path: string;
  /** The clock by which due times and leases are stored. */
  readonly clock: Clock;
  /** Risks of the database's own settings, for the log. */
  readonly warnings: readonly string[];
  /** The path of the key file if it was created just now; null if it existed or the keys are configured. */
  readonly created_key_file: string | null;
  readonly close: () => Promise<void>;
}

export interface StorageParts {
  readonly ids: IdFactory;
  /** Identifies this process as the holder of its leases: new at each start. */
  readonly node_id: string;
  /** The id of an event for receivers of a dialect; null if it is the event's own id. */
  readonly wireIdOf: (dialect: string, event_id: string) => string | null;
}

export interface StorageOptions extends StorageParts {
  /** `file:` and a path, or `postgres://…`. */
  readonly database_url: string;
  /** The schema of the tables in PostgreSQL; the first one in the search path if it is null. */
  readonly database_schema: string | null;
  /** The URL of the same PostgreSQL without a pooler, to hear of changes of other nodes; `database_url` by default. */
  readonly database_direct_url?: string | null;
  /** Whether statements are prepared in PostgreSQL; true by default. */
  readonly database_prepare?: boolean;
  readonly encryption_keys: string | null;
  readonly clock: Clock;
  /** Called once when the disk fails: the process must end, and the next one recovers from the write-ahead log. */
  readonly onBroken: (error: BellwireError) => void;
}

const createFolder = (folder: string): void => {
  try {
    createPrivateFolder(folder);
  } catch (error) {
    throw new BellwireError(
      'folder_unwritable',
      `The data folder ${folder} cannot be created (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'}). Start Bellwire in a writable folder, or choose another one with BELLWIRE_DATABASE_URL=file:/path/to/bellwire.db`,
      { cause: error },
    );
  }
};

const openLocked = (
  path: string,
  options: SqliteOptions,
): { readonly lock: FileLock; readonly database: SqliteDatabase } => {
  const lock = lockDatabaseFile(path);
  try {
    return { lock, database: openSqlite(path, options) };
  } catch (error) {
    lock.release();
    throw error;
  }
};

const keyRingOf = async (
  folder: string,
  given: string | null,
  { db }: SqliteDatabase,
): Promise<KeyRingFile & { readonly path: string }> => {
  const path = resolve(folder, 'keys');
  if (given !== null) return { key_ring: given, is_new: false, path };
  return { ...readOrCreateKeyRing(path, !(await hasCanary(db))), path };
};

/** The store and the repositories of an open and migrated database. */
export const connectStorage = (
  database: SqliteDatabase,
  cipher: Cipher,
  parts: StorageParts & Pick<SqliteStoreOptions, 'is_new'>,
): Storage & { readonly invalidations: Invalidations } => {
  const { db, reader } = database;
  const invalidations = new Invalidations();
  // No age limit: this process owns the file, so nothing changes without an invalidation.
  const caches = createCaches({ db, invalidations, max_age: null });
  const store = new SqliteStore({ ...parts, database, caches, cipher, invalidations });
  return {
    store,
    cluster: ALONE,
    accept_wait_ms: null,
    repositories: createRepositories({ db, reader }, { ...parts, caches, cipher, invalidations }),
    hooksAt: async (at) => {
      const hooks = await store.hooks(await findHooksAt(reader, at));
      return [...hooks.values()].filter((hook) => hook !== null);
    },
    invalidations,
  };
};

/**
 * Opens the database of a URL: a SQLite file, or a PostgreSQL server.
 * @throws BellwireError the errors of each.
 */
export const openStorage = async (options: StorageOptions): Promise<OpenedStorage> => {
  if (!isPostgresUrl(options.database_url)) return openSqliteStorage(options);
  const { openPostgresStorage } = await import('./postgres/open-storage.ts');
  return openPostgresStorage(options);
};

const factsOf = async ({ db }: SqliteDatabase): Promise<DatabaseFacts> => {
  const { rows } = await sql<{ version: string }>`select sqlite_version() as version`.execute(db);
  return {
    kind: 'SQLite',
    version: rows[0]?.version ?? '',
    migrations: await appliedMigrations(db, sqliteSchema, null),
  };
};

/**
 * Opens a SQLite file, migrates it and locks it for this process.
 * @throws BellwireError `folder_unwritable`, `database_in_use`, `wrong_encryption_key`, `database_newer`,
 * `database_incompatible`, `database_incomplete`, `database_not_durable`.
 */
const openSqliteStorage = async ({
  database_url,
  encryption_keys,
  clock,
  onBroken,
  ...parts
}: Omit<StorageOptions, 'database_schema'>): Promise<OpenedStorage> => {
  const path = database_url.replace(/^file:/, '');
  const folder = dirname(path);
  createFolder(folder);
  const { lock, database: writer } = openLocked(path, { clock, onBroken });
  const reader = createReader(path, { clock });
  const database: SqliteDatabase = { ...writer, reader: reader.db };
  const close = async (): Promise<void> => {
    // The reader first: only the last connection of a file checkpoints the write-ahead log.
    await reader.close();
    await database.close();
    lock.release();
  };
  try {
    const keys = await keyRingOf(folder, encryption_keys, database);
    const cipher = createCipher(keys.key_ring);
    await checkCanaries(database.db, cipher);
    const is_new = await migrateToLatest(database.db, sqliteSchema);
    await checkSchema(database, path);
    await refuseUnfinishedMove(database.db);
    await sealCanary(database.db, cipher);
    await assertDurable(database);
    return {
      ...connectStorage(database, cipher, { ...parts, is_new }),
      path: resolve(path),
      facts: await factsOf(database),
      folder: resolve(folder),
      inbox_path: `${resolve(path)}-inbox`,
      clock,
      warnings: [],
      created_key_file: keys.is_new ? keys.path : null,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
