import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BellwireError } from '../../core/errors.ts';
import { isPostgresUrl } from '../postgres/database-url.ts';
import { createPrivateFolder } from '../private-file.ts';
import { readOrCreateKeyRing } from '../key-ring-file.ts';
import { type Move, moveDatabase, type MoveOptions } from './move-database.ts';
import type { MoveEnd } from './move-end.ts';
import { openPostgresEnd } from './open-end.ts';
import { openSqliteEnd } from './sqlite-end.ts';

export interface RunMoveOptions extends Pick<MoveOptions, 'restart' | 'onRows' | 'onCompare'> {
  /** The database that is copied: `file:` and a path, or `postgres://…`. */
  readonly from: string;
  /** The database that gets the copy, in the same form. */
  readonly to: string;
  /** The schema of the tables in PostgreSQL; null for the first one in the search path. */
  readonly database_schema: string | null;
  /** The working folder of the servers. */
  readonly folder: string;
  /** The keys of the encrypted values; null for the key files of the servers. */
  readonly encryption_keys: string | null;
}

export interface CompletedMove extends Move {
  /** The key file that the server on the target needs, or whose content must be in BELLWIRE_ENCRYPTION_KEYS; null without one. */
  readonly key_file: string | null;
}

const fileOf = (url: string): string | null =>
  url.startsWith('file:') ? resolve(url.slice('file:'.length)) : null;

/** The key file of a server on this database: next to the file, or in the working folder; null if there is none. */
const keyFileOf = (url: string, folder: string): string | null => {
  const file = fileOf(url);
  const path = file === null ? join(folder, '.bellwire', 'keys') : join(dirname(file), 'keys');
  return existsSync(path) ? path : null;
};

const assertDatabase = (flag: string, url: string): void => {
  if (fileOf(url) !== null && !url.includes(':memory:')) return;
  if (isPostgresUrl(url)) return;
  throw new BellwireError(
    'config_invalid',
    `Invalid ${flag}: must be file: and a path, or postgres://user@host/database.`,
  );
};

const openSource = async (url: string, schema: string | null): Promise<MoveEnd> => {
  const file = fileOf(url);
  if (file === null) return openPostgresEnd(url, schema);
  if (existsSync(file)) return openSqliteEnd(file);
  throw new BellwireError('move_failed', `There is no database ${file}. Nothing was copied.`);
};

const openTarget = async (url: string, schema: string | null): Promise<MoveEnd> => {
  const file = fileOf(url);
  if (file === null) return openPostgresEnd(url, schema);
  createPrivateFolder(dirname(file));
  return openSqliteEnd(file);
};

/**
 * Copies one database to another, see `moveDatabase`. Neither may be in use.
 * @throws BellwireError `config_invalid`, `move_failed`, `database_in_use`, `wrong_encryption_key`, `folder_unwritable`.
 */
export const runMove = async (options: RunMoveOptions): Promise<CompletedMove> => {
  const { from, to, encryption_keys, database_schema, folder } = options;
  assertDatabase('--from', from);
  assertDatabase('--to', to);
  if ((fileOf(from) ?? from) === (fileOf(to) ?? to)) {
    throw new BellwireError('config_invalid', '--from and --to are the same database.');
  }
  const key_files = [keyFileOf(from, folder), keyFileOf(to, folder)].filter((file) => file !== null);
  const key_rings =
    encryption_keys === null
      ? key_files.map((file) => readOrCreateKeyRing(file, false).key_ring)
      : [encryption_keys];
  await using source = await openSource(from, database_schema);
  await using target = await openTarget(to, database_schema);
  const move = await moveDatabase({ ...options, from: source, to: target, key_rings });
  return { ...move, key_file: encryption_keys === null ? (key_files[0] ?? null) : null };
};
