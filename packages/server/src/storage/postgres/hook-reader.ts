import { type Kysely, sql } from 'kysely';
import type { SendableHook } from '../../core/hook.ts';
import type { Cipher } from '../cipher.ts';
import type { HookRow } from '../rows/hook-row.ts';
import type { ThrottleRow } from '../rows/throttle-row.ts';
import type { Schema } from '../schema.ts';
import {
  createFilters,
  INDEXED,
  type IndexedHook,
  type SecretRow,
  toIndexed,
  toSendable,
} from '../store/indexed-hook.ts';

type IndexedRow = Pick<HookRow, (typeof INDEXED)[number]>;

/** Changes with every write of the row of a hook or of its throttle. */
type Version = string;

export interface VersionedHook {
  readonly hook: IndexedHook;
  readonly version: Version;
}

/** Reads hooks from the database. */
export interface HookReader {
  /** Up to `limit` hooks of a workspace whose ids follow `after`. */
  readonly page: (query: {
    readonly workspace_id: string;
    readonly after: string;
    readonly limit: number;
  }) => Promise<readonly VersionedHook[]>;
  /** Those that exist in the workspace. */
  readonly some: (workspace_id: string, ids: readonly string[]) => Promise<readonly VersionedHook[]>;
  /** The versions of all hooks of a workspace, by id. */
  readonly versions: (workspace_id: string) => Promise<ReadonlyMap<string, Version>>;
  /** By id. Null if its secrets, headers or client certificate cannot be decrypted; a deleted hook is missing. */
  readonly sendable: (ids: readonly string[]) => Promise<ReadonlyMap<string, SendableHook | null>>;
  readonly toIndexed: (row: IndexedRow, throttle: ThrottleRow | undefined) => IndexedHook;
}

const version = sql<Version>`concat(bellwire_hooks.xmin, ' ', bellwire_throttles.xmin)`;

const hooksOf = (db: Kysely<Schema>, workspace_id: string) =>
  db
    .selectFrom('bellwire_hooks')
    .leftJoin('bellwire_throttles', 'bellwire_throttles.hook_id', 'bellwire_hooks.id')
    .where('bellwire_hooks.workspace_id', '=', workspace_id)
    .where('bellwire_hooks.deleted_at', 'is', null);

const HOOK_COLUMNS = INDEXED.map((name) => `bellwire_hooks.${name}` as const);

const anyOf = (ids: readonly string[]) => sql<string>`any(${ids}::text[])`;

const toSendableOrNull = (
  row: HookRow,
  secrets: readonly SecretRow[],
  cipher: Cipher,
): SendableHook | null => {
  try {
    return toSendable(row, secrets, cipher);
  } catch {
    // A row of another key ring, or one that was changed manually, must not fail other hooks.
    return null;
  }
};

const readSendable = async (
  db: Kysely<Schema>,
  cipher: Cipher,
  ids: readonly string[],
): ReturnType<HookReader['sendable']> => {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('bellwire_hooks')
    .selectAll()
    .where('id', '=', anyOf(ids))
    .where('deleted_at', 'is', null)
    .execute();
  const secrets = await db
    .selectFrom('bellwire_secrets')
    .selectAll()
    .where('hook_id', '=', anyOf(ids))
    .orderBy('id', 'desc')
    .execute();
  const secrets_of = Map.groupBy(secrets, ({ hook_id }) => hook_id);
  return new Map(rows.map((row) => [row.id, toSendableOrNull(row, secrets_of.get(row.id) ?? [], cipher)]));
};

export const createHookReader = (db: Kysely<Schema>, cipher: Cipher): HookReader => {
  const filterOf = createFilters();
  const indexed: HookReader['toIndexed'] = (row, throttle) => toIndexed(row, { throttle, filterOf });

  const withThrottles = async (
    rows: readonly (IndexedRow & { readonly version: Version })[],
  ): Promise<readonly VersionedHook[]> => {
    if (rows.length === 0) return [];
    const throttles = await db
      .selectFrom('bellwire_throttles')
      .selectAll()
      .where('hook_id', '=', anyOf(rows.map(({ id }) => id)))
      .execute();
    const throttle_of = new Map(throttles.map((row) => [row.hook_id, row]));
    return rows.map((row) => ({ hook: indexed(row, throttle_of.get(row.id)), version: row.version }));
  };

  return {
    toIndexed: indexed,
    page: async ({ workspace_id, after, limit }) =>
      withThrottles(
        await hooksOf(db, workspace_id)
          .select([...HOOK_COLUMNS, version.as('version')])
          .where('bellwire_hooks.id', '>', after)
          .orderBy('bellwire_hooks.id')
          .limit(limit)
          .execute(),
      ),
    some: async (workspace_id, ids) =>
      withThrottles(
        await hooksOf(db, workspace_id)
          .select([...HOOK_COLUMNS, version.as('version')])
          .where('bellwire_hooks.id', '=', anyOf(ids))
          .execute(),
      ),
    versions: async (workspace_id) => {
      const rows = await hooksOf(db, workspace_id)
        .select(['bellwire_hooks.id', version.as('version')])
        .execute();
      return new Map(rows.map((row) => [row.id, row.version]));
    },
    sendable: (ids) => readSendable(db, cipher, ids),
  };
};
