import type { Database } from 'better-sqlite3';
import type { Kysely, Selectable } from 'kysely';
import type { Subscription } from '../../core/fan-out.ts';
import type { Secret, SendableHook } from '../../core/hook.ts';
import type { Cipher } from '../cipher.ts';
import { type HookRow, toHeaders, toHook } from '../rows/hook-row.ts';
import type { Schema } from '../schema.ts';
import { prepare } from './prepared.ts';

/** The part of a hook that commits decide by: who gets an event, and what an attempt means. */
export interface IndexedHook extends Subscription {
  readonly workspace_id: string;
  readonly max_attempts: number | null;
  /** Whether failures are counted against it: a success then resets the counters. */
  readonly is_failing: boolean;
}

/** Synchronous reads of hooks, for use inside a transaction or between two. */
export interface HookReader {
  /** Up to `limit` hooks of a workspace whose id follows `after`. */
  readonly page: (query: {
    readonly workspace_id: string;
    readonly after: string;
    readonly limit: number;
  }) => readonly IndexedHook[];
  /** Undefined for a hook that was deleted or never existed. */
  readonly one: (id: string) => IndexedHook | undefined;
  /** Null when its secrets or headers cannot be decrypted. */
  readonly sendable: (id: string) => SendableHook | null | undefined;
}

type SecretRow = Selectable<Schema['bellwire_secrets']>;

const INDEXED = [
  'id',
  'workspace_id',
  'tenant',
  'events',
  'status',
  'dialect',
  'max_attempts',
  'consecutive_failures',
] as const satisfies readonly (keyof HookRow)[];

const toIndexed = (row: Pick<HookRow, (typeof INDEXED)[number]>): IndexedHook => ({
  id: row.id,
  workspace_id: row.workspace_id,
  tenant: row.tenant,
  events: JSON.parse(row.events) as string[],
  status: row.status,
  dialect: row.dialect,
  max_attempts: row.max_attempts,
  is_failing: row.consecutive_failures > 0,
});

const toSendable = (row: HookRow, secrets: readonly SecretRow[], cipher: Cipher): SendableHook => {
  const openSecret = ({ id, secret, expires_at }: SecretRow): Secret => ({
    value: cipher.open(secret, { table: 'bellwire_secrets', column: 'secret', id }),
    expires_at,
  });
  const current = secrets.filter(({ expires_at }) => expires_at === null);
  const previous = secrets.filter(({ expires_at }) => expires_at !== null);
  return {
    ...toHook(row),
    headers: toHeaders(row, cipher),
    secrets: [...current, ...previous].map(openSecret),
  };
};

/** The statements, prepared on one connection. */
export const createHookReader = (
  { db, raw }: { readonly db: Kysely<Schema>; readonly raw: Database },
  cipher: Cipher,
): HookReader => {
  const selectPage = prepare<{ workspace_id: string; after: string; limit: number }, HookRow>(raw, (param) =>
    db
      .selectFrom('bellwire_hooks')
      .select(INDEXED)
      .where('workspace_id', '=', param('workspace_id'))
      .where('deleted_at', 'is', null)
      .where('id', '>', param('after'))
      .orderBy('id')
      .limit(param('limit')),
  );
  const selectOne = prepare<{ id: string }, HookRow>(raw, (param) =>
    db.selectFrom('bellwire_hooks').selectAll().where('id', '=', param('id')).where('deleted_at', 'is', null),
  );
  const selectSecrets = prepare<{ hook_id: string }, SecretRow>(raw, (param) =>
    db
      .selectFrom('bellwire_secrets')
      .selectAll()
      .where('hook_id', '=', param('hook_id'))
      .orderBy('id', 'desc'),
  );
  return {
    page: (query) => selectPage.all(query).map(toIndexed),
    one: (id) => {
      const row = selectOne.get({ id });
      return row === undefined ? undefined : toIndexed(row);
    },
    sendable: (id) => {
      const row = selectOne.get({ id });
      if (row === undefined) return undefined;
      try {
        return toSendable(row, selectSecrets.all({ hook_id: id }), cipher);
      } catch {
        // A row of another key ring, or one that was changed by hand: it must not take other hooks with it.
        return null;
      }
    },
  };
};
