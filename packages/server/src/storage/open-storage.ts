import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BellwireError } from '../core/errors.ts';
import type { IdFactory } from '../core/ids.ts';
import type { SendableHook } from '../core/hook.ts';
import type { Store } from '../ports/store.ts';
import type { Repositories } from '../ports/repositories.ts';
import { createCaches } from './caches.ts';
import { checkCanary, hasCanary, leaveCanary } from './canary.ts';
import { createCipher } from './cipher.ts';
import { type KeyRingFile, readOrMakeKeyRing } from './key-ring-file.ts';
import { migrateToLatest } from './migrations/migrate.ts';
import { createRepositories } from './repositories/repositories.ts';
import { findHooksAt } from './repositories/hooks-at.ts';
import { assertDurable, openSqlite, type SqliteDatabase } from './sqlite/database.ts';
import { type FileLock, lockDatabaseFile } from './sqlite/file-lock.ts';
import { createHookCache } from './sqlite/hook-cache.ts';
import { createSqliteStore } from './sqlite/store.ts';

/** Everything that lies on disk. */
export interface Storage {
  readonly store: Store;
  readonly repositories: Repositories;
  /** Hooks of any workspace whose URL has this path. */
  readonly hooksAt: (path: string) => Promise<readonly SendableHook[]>;
  readonly path: string;
  /** The file with a key ring that was made just now; null when it was there, or came from the configuration. */
  readonly made_key_file: string | null;
  readonly close: () => Promise<void>;
}

export interface StorageOptions {
  /** `file:` and a path. */
  readonly database_url: string;
  readonly encryption_keys: string | null;
  readonly ids: IdFactory;
}

const makeFolder = (folder: string): void => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new BellwireError(
      'folder_unwritable',
      `The folder ${folder} for the data cannot be made (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'}). Start Bellwire in a folder that you may write to, or name another with BELLWIRE_DATABASE_URL=file:/path/to/bellwire.db`,
      { cause: error },
    );
  }
};

const openLocked = (path: string): { readonly lock: FileLock; readonly database: SqliteDatabase } => {
  const lock = lockDatabaseFile(path);
  try {
    return { lock, database: openSqlite(path) };
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
  const path = join(folder, 'keys');
  if (given !== null) return { ring: given, made: false, path };
  return { ...readOrMakeKeyRing(path, !(await hasCanary(db))), path };
};

/**
 * Opens the database of a SQLite file, makes it current and takes it for this process alone.
 * @throws BellwireError `folder_unwritable`, `database_in_use`, `wrong_encryption_key`, `database_newer`, `database_not_durable`.
 */
export const openStorage = async ({
  database_url,
  encryption_keys,
  ids,
}: StorageOptions): Promise<Storage> => {
  const path = database_url.replace(/^file:/, '');
  const folder = dirname(path);
  makeFolder(folder);
  const { lock, database } = openLocked(path);
  const close = async (): Promise<void> => {
    await database.close();
    lock.release();
  };
  try {
    const key_ring = await keyRingOf(folder, encryption_keys, database);
    const cipher = createCipher(key_ring.ring);
    await checkCanary(database.db, cipher);
    await migrateToLatest(database.db);
    await leaveCanary(database.db, cipher);
    assertDurable(database);
    const hooks = createHookCache(database.db, database.raw, cipher);
    const caches = createCaches(database.db, hooks);
    return {
      store: createSqliteStore(database, caches, ids),
      repositories: createRepositories(database.db, caches, cipher),
      hooksAt: async (at) => {
        const found = await findHooksAt(database.db, at);
        return database.read(() => found.flatMap((id) => hooks.byId(id) ?? []));
      },
      path,
      made_key_file: key_ring.made ? key_ring.path : null,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
