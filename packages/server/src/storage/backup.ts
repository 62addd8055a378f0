import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import DatabaseConstructor, { type Database } from 'better-sqlite3';
import { BellwireError } from '../core/errors.ts';
import { isPostgresUrl } from './postgres/database-url.ts';
import { createPrivateFile } from './private-file.ts';

export interface BackupOptions {
  /** `file:` and a path. */
  readonly database_url: string;
  /** The path of the backup. */
  readonly file: string;
  /** Replaces an existing file. */
  readonly force: boolean;
}

export interface Backup {
  readonly file: string;
  readonly bytes: number;
  readonly workspaces: number;
  readonly hooks: number;
  readonly events: number;
  readonly deliveries: number;
  /** The key file next to the database, without which the secrets in the backup cannot be decrypted; null if there is none. */
  readonly key_file: string | null;
}

const TABLES = ['workspaces', 'hooks', 'events', 'deliveries'] as const;
const BUSY_TIMEOUT_MS = 5_000;

const refused = (message: string, cause?: unknown): BellwireError =>
  new BellwireError('backup_failed', message, cause === undefined ? {} : { cause });

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const assertUsable = (path: string, { database_url, file, force }: BackupOptions): void => {
  if (isPostgresUrl(database_url)) {
    throw refused(
      'This command copies database files. Back up PostgreSQL with its own tools, such as pg_dump.',
    );
  }
  if (path.includes(':memory:')) {
    throw refused('A database in memory cannot be backed up: it exists only inside the server process.');
  }
  if (!existsSync(path)) {
    throw refused(
      `There is no database ${path}. Start the server once, or specify the database with --database-url file:/path/to/bellwire.db`,
    );
  }
  if (!existsSync(file)) return;
  if (realpathSync(file) === realpathSync(path) || existsSync(`${file}-wal`)) {
    throw refused(`${file} is a database in use. Choose another file.`);
  }
  if (!force) throw refused(`${file} exists. Choose another file, or replace it with --force.`);
};

/** Runs `work` on a read-only connection. */
const reading = <T>(path: string, work: (database: Database) => T): T => {
  const database = new DatabaseConstructor(path, { readonly: true, fileMustExist: true });
  try {
    database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return work(database);
  } finally {
    database.close();
  }
};

const migrationsOf = (database: Database): readonly unknown[] =>
  database.prepare('select name from bellwire_migrations order by name').pluck().all();

/** The counts of a copy. @throws Error if it is damaged or not the database that was copied. */
const checkCopy = (path: string, migrations: readonly unknown[]): Pick<Backup, (typeof TABLES)[number]> =>
  reading(path, (copy) => {
    const found = copy.pragma('integrity_check', { simple: true });
    if (found !== 'ok') throw new Error(`the copy is damaged: ${String(found)}`);
    if (migrationsOf(copy).join() !== migrations.join())
      throw new Error('the copy has another schema version');
    const count = (table: string) =>
      copy.prepare(`select count(*) from bellwire_${table}`).pluck().get() as number;
    return {
      workspaces: count('workspaces'),
      hooks: count('hooks'),
      events: count('events'),
      deliveries: count('deliveries'),
    };
  });

const sync = (path: string): void => {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

/**
 * Writes a consistent copy of a database to a file that only its owner can read, while a server may use it: everything
 * that was committed before the call is in it. The file appears complete and checked, or not at all.
 * @throws BellwireError `backup_failed`
 */
export const backUpDatabase = (options: BackupOptions): Backup => {
  const path = options.database_url.replace(/^file:/, '');
  const { file } = options;
  assertUsable(path, options);
  const partial = `${file}.partial-${process.pid}`;
  try {
    // SQLite writes into an empty file that exists, and keeps its mode.
    createPrivateFile(partial);
    const migrations = reading(path, (database) => {
      database.prepare('vacuum into ?').run(partial);
      return migrationsOf(database);
    });
    const counts = checkCopy(partial, migrations);
    sync(partial);
    renameSync(partial, file);
    sync(dirname(file));
    const key_file = join(dirname(path), 'keys');
    return {
      file,
      bytes: statSync(file).size,
      ...counts,
      key_file: existsSync(key_file) ? key_file : null,
    };
  } catch (error) {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${partial}${end}`, { force: true });
    throw refused(`The database ${path} could not be backed up to ${file} (${reasonOf(error)}).`, error);
  }
};
